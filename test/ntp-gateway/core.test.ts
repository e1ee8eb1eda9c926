import { describe, expect, it } from 'vitest';
import { ok } from '#contract/result.ts';
import { after, type MonoNanos, monoNanos, seconds, unixNanos } from '#contract/time.ts';
import { networkOf } from '../../ntp-gateway/config/addresses.ts';
import { type Core, type CoreAction, type CoreConfig, type CoreEvent, newCore } from '../../ntp-gateway/core/state.ts';
import { step } from '../../ntp-gateway/core.ts';
import { contributorOf, serverOf } from '../../ntp-gateway/source.ts';
import { AES_SIV_CMAC_256 } from '../../ntp-gateway/wire/nts.ts';
import { NO_SERVER } from '../support/server-config.ts';

const NOW = monoNanos(1_000_000_000n);
const at = (s: number): MonoNanos => after(NOW, seconds(s));

const config: CoreConfig = {
  id: 'gw-test',
  stateDir: '',
  maxDrift: 5e-4,
  minSources: 1,
  sources: [
    {
      name: 'x.example',
      kind: 'address',
      host: 'x.example',
      port: 123,
      maxSources: 1,
      minPoll: 6,
      maxPoll: 10,
      burst: true,
      interleaved: false,
    },
  ],
  server: NO_SERVER,
  publish: [],
  precision: -22,
  ownReferenceIds: [],
};

it('a name: DNS is asked, its server too, and one that never answers is let go with its timer and socket', () => {
  let core: Core = newCore(config, 1, NOW)[0];
  const happen = (event: CoreEvent): readonly CoreAction[] => {
    const [next, actions] = step(core, event);
    core = next;
    return actions;
  };
  const due = (s: number) =>
    happen({
      kind: 'source',
      id: 'x.example:123 (a)',
      event: { kind: 'due', now: at(s), nonce: 1n, secondNonce: 2n, jitter: 0 },
    });

  expect(happen({ kind: 'tick', now: NOW })).toEqual([{ kind: 'resolve', id: 'x.example:123', host: 'x.example' }]);
  const addresses = ['a', 'b'].map((address) => ({ address, referenceId: 0 }));
  const found = happen({ kind: 'resolved', id: 'x.example:123', now: NOW, jitter: 0, addresses });
  expect(found).toEqual([{ kind: 'source', id: 'x.example:123 (a)', action: { kind: 'wake', at: NOW } }]);

  for (let s = 11; s < 23; s += 3) {
    due(s); // a question
    expect(happen({ kind: 'tick', now: at(s) })).toEqual([]);
    due(s + 3); // and its timeout
  }
  expect(happen({ kind: 'tick', now: at(23) })).toEqual([
    { kind: 'forget', id: 'x.example:123 (a)' },
    { kind: 'source', id: 'x.example:123 (b)', action: { kind: 'wake', at: at(23) } },
  ]);
  expect(due(24)).toEqual([]);
});

it('what was counted of a source is not undone by a sleep of this host', () => {
  const edge = { name: 'https://e.example', gatewayKey: 'k', referenceId: 1, minPoll: 4, maxPoll: 6 };
  const clock = {
    name: 'shm 0',
    driver: 'shm',
    unit: 0,
    referenceId: 1,
    uncertainty: seconds(1),
    offset: seconds(0),
  } as const;
  const question = { kind: 'due', now: NOW, nonce: 1n, secondNonce: 2n, jitter: 0 } as const;
  const [wall, x] = [unixNanos(1n), 'x.example:123 (a)'];
  const events: readonly CoreEvent[] = [
    { kind: 'look', now: NOW, wall, slept: seconds(0) },
    { kind: 'tick', now: NOW },
    { kind: 'resolved', id: 'x.example:123', now: NOW, jitter: 0, addresses: [{ address: 'a', referenceId: 0 }] },
    { kind: 'source', id: x, event: question },
    { kind: 'https-source', id: edge.name, event: question },
    {
      kind: 'reference-clock',
      id: clock.name,
      event: { kind: 'heard', now: NOW, wall, gap: seconds(0), messages: [new Uint8Array(1)] },
    },
  ];
  const begun = newCore({ ...config, httpsSources: [edge], referenceClocks: [clock] }, 1, NOW)[0];
  const before = events.reduce((core, event) => step(core, event)[0], begun);
  const countersOf = ({ sources, httpsSources, referenceSources }: Core) => [
    sources.get(x)?.association.counters,
    httpsSources.get(edge.name)?.association.counters,
    referenceSources.get(clock.name)?.clock.counters,
  ];
  expect(countersOf(before)).toEqual([{ sent: 1 }, { sent: 1 }, { length: 1 }]);
  const slept = step(before, { kind: 'look', now: at(1), wall: unixNanos(101_000_000_001n), slept: seconds(100) })[0];
  expect(slept.epoch).toBe(2);
  expect(countersOf(slept)).toEqual(countersOf(before));
});

describe('sources with NTS', () => {
  const nts = { ...config.sources[0]!, nts: { port: 4460 } };
  const sources = ['k1.example', 'k2.example'].map((host) => ({ ...nts, name: host, host }));
  const ids = ['k1.example:123 (a1)', 'k2.example:123 (a2)'] as const;

  const make = () => {
    let core: Core = newCore({ ...config, sources }, 1, NOW)[0];
    const happen = (event: CoreEvent): readonly CoreAction[] => {
      const [next, actions] = step(core, event);
      core = next;
      return actions;
    };
    happen({ kind: 'look', now: NOW, wall: unixNanos(1n), slept: seconds(0) });
    happen({ kind: 'tick', now: NOW });
    for (const [i, { host }] of sources.entries()) {
      const addresses = [{ address: `a${i + 1}`, referenceId: i + 1 }];
      happen({ kind: 'resolved', id: `${host}:123`, now: NOW, jitter: 0, addresses });
    }
    const onSource = (id: string, event: Extract<CoreEvent, { kind: 'source' }>['event']) =>
      happen({ kind: 'source', id, event });
    return {
      core: () => core,
      due: (id: string) => onSource(id, { kind: 'due', now: NOW, nonce: 1n, secondNonce: 2n, jitter: 0 }),
      agree: (id: string, address: string) =>
        onSource(id, {
          kind: 'keys',
          now: NOW,
          jitter: 0,
          outcome: ok({
            algorithm: AES_SIV_CMAC_256,
            cookies: 8,
            server: { address, port: 123, referenceId: 77 },
            validity: { earliest: unixNanos(0n), latest: unixNanos(1n) },
            isRemembered: false,
          }),
        }),
      sleep: () => happen({ kind: 'look', now: at(1), wall: unixNanos(101_000_000_001n), slept: seconds(100) }),
    };
  };

  it('ask the NTP server that the key server named', () => {
    const { core, due, agree } = make();
    expect(due(ids[0])).toEqual([{ kind: 'source', id: ids[0], action: { kind: 'exchange-keys' } }]);
    expect(serverOf(core().sources.get(ids[0])!)).toMatchObject({ address: 'a1', port: 123 });
    agree(ids[0], '198.51.100.7');
    const source = core().sources.get(ids[0])!;
    expect(serverOf(source)).toMatchObject({ address: '198.51.100.7', port: 123, referenceId: 77 });
    // It is that server which has the vote, and that network which its path leads to.
    expect(contributorOf(source, NOW, false)).toMatchObject({ referenceId: 77, path: networkOf('198.51.100.7') });
  });

  it('keep their keys through a sleep of this host', () => {
    const { core, due, agree, sleep } = make();
    due(ids[0]);
    agree(ids[0], 'ntp');
    sleep();
    expect(core().epoch).toBe(2);
    expect(core().sources.get(ids[0])?.association.keys?.cookies).toBe(8);
  });

  it('have one vote where two key servers name one NTP server, or one names another source', () => {
    const { core, due, agree } = make();
    for (const id of ids) due(id);
    agree(ids[0], 'ntp');
    agree(ids[1], 'ntp');
    expect(core().sources.get(ids[1])?.association.keys).toMatchObject({ cookies: 0, fault: { reason: 'duplicate' } });
    const { core: other, due: dueThere, agree: agreeThere } = make();
    dueThere(ids[0]);
    agreeThere(ids[0], 'a2');
    expect(other().sources.get(ids[0])?.association.keys?.fault?.reason).toBe('duplicate');
  });
});
