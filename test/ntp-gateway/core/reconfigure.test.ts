/** Which entry of another configuration is still the same, and what is to be done at once. */
import { describe, expect, it } from 'vitest';
import { after, milliseconds, monoNanos, nanos, seconds } from '#contract/time.ts';
import type {
  HttpsSourceConfig,
  PublishConfig,
  ReferenceClockConfig,
  SourceConfig,
} from '../../../ntp-gateway/config.ts';
import { type Core, type CoreAction, type CoreConfig, newCore } from '../../../ntp-gateway/core/state.ts';
import { step } from '../../../ntp-gateway/core.ts';
import { NO_SERVER } from '../../support/server-config.ts';

const NOW = monoNanos(1_000_000_000n);
const LATER = after(NOW, seconds(100));

const SERVER: SourceConfig = {
  name: '192.0.2.1',
  kind: 'address',
  host: '192.0.2.1',
  port: 123,
  maxSources: 1,
  minPoll: 6,
  maxPoll: 10,
  burst: false,
  interleaved: false,
};
const EDGE: HttpsSourceConfig = {
  name: 'https://time.example.org',
  gatewayKey: 'one',
  referenceId: 1,
  minPoll: 4,
  maxPoll: 6,
};
const CLOCK: ReferenceClockConfig = {
  name: 'shm 0',
  driver: 'shm',
  unit: 0,
  referenceId: 1,
  uncertainty: milliseconds(1),
  offset: nanos(0),
};
const PUBLISH: PublishConfig = { origin: 'https://time.example.net', interval: seconds(16) };
const CONFIG: CoreConfig = {
  id: 'gw-test',
  stateDir: '',
  maxDrift: 5e-4,
  minSources: 1,
  sources: [SERVER],
  httpsSources: [EDGE],
  referenceClocks: [CLOCK],
  server: NO_SERVER,
  publish: [PUBLISH],
  precision: -22,
  ownReferenceIds: [],
};
const SERVER_ID = '192.0.2.1:123';

/** Each thing in it has a mark by which it is known again. */
const marked = (): Core => {
  const addresses = [{ address: SERVER.host, referenceId: 1 }];
  const [begun] = newCore(CONFIG, 1, NOW);
  const [core] = step(begun, { kind: 'resolved', id: SERVER_ID, now: NOW, jitter: 0, addresses });
  const count = { counters: { measured: 7 } };
  const server = core.sources.get(SERVER_ID)!;
  const edge = core.httpsSources.get(EDGE.name)!;
  const clock = core.referenceSources.get(CLOCK.name)!;
  return {
    ...core,
    sources: new Map([[SERVER_ID, { ...server, association: { ...server.association, ...count } }]]),
    httpsSources: new Map([[EDGE.name, { ...edge, association: { ...edge.association, ...count, askedAt: NOW } }]]),
    referenceSources: new Map([[CLOCK.name, { ...clock, clock: { ...clock.clock, ...count } }]]),
    publishers: new Map([[PUBLISH.origin, { ...core.publishers.get(PUBLISH.origin)!, sequence: 7 }]]),
  };
};

const reconfigured = (change: Partial<CoreConfig>): [Core, CoreAction[]] =>
  step(marked(), { kind: 'configured', now: LATER, config: { ...CONFIG, ...change } });
const wake = (kind: 'source' | 'https-source', id: string, at = LATER): CoreAction => ({
  kind,
  id,
  action: { kind: 'wake', at },
});

it('the same configuration is a second like any other', () => {
  const before = marked();
  const configured = step(before, { kind: 'configured', now: LATER, config: structuredClone(CONFIG) });
  expect(configured).toEqual(step(before, { kind: 'tick', now: LATER }));
});

describe('a server', () => {
  it.each<[string, Partial<SourceConfig>]>([
    ['max_sources', { maxSources: 2 }],
    ['burst', { burst: true }],
    ['interleaved', { interleaved: true }],
    ['max_asymmetry', { maxAsymmetry: milliseconds(2) }],
    ['smears', { smears: true }],
    ['prefer', { prefer: true }],
    ['trust', { trust: true }],
    ['noselect', { noselect: true }],
  ])('goes on with another %s', (_name, change) => {
    const [core, actions] = reconfigured({ sources: [{ ...SERVER, ...change }] });
    expect(actions).toEqual([]);
    const { config, association } = core.sources.get(SERVER_ID)!;
    expect(config).toEqual({ ...SERVER, ...change });
    expect(association.counters).toEqual({ measured: 7 });
    expect(association.config).toMatchObject({ burst: config.burst, interleaved: config.interleaved });
  });

  it.each<[string, Partial<SourceConfig>, number]>([
    ['less often', { minPoll: 8 }, 8],
    ['more often', { minPoll: 1, maxPoll: 1 }, 1],
  ])('that is to be asked %s is, from now on', (_name, change, poll) => {
    const [core, actions] = reconfigured({ sources: [{ ...SERVER, ...change }] });
    const { pace } = core.sources.get(SERVER_ID)!.association;
    expect(pace.poll).toBe(Math.min(poll, 3)); // its start
    expect(actions).toHaveLength(poll < 3 ? 1 : 0);
  });

  it.each<[string, Partial<SourceConfig>]>([
    ['NTS', { nts: { port: 4460 } }],
    ['a key', { key: 7 }],
  ])('is another one with %s', (_name, change) => {
    const [core, actions] = reconfigured({ sources: [{ ...SERVER, ...change }] });
    expect(core.sources.size).toBe(0);
    expect(actions).toEqual([
      { kind: 'forget', id: SERVER_ID },
      { kind: 'resolve', id: SERVER_ID, host: SERVER.host },
    ]);
  });

  it('at another port is another one', () => {
    const [core, actions] = reconfigured({ sources: [{ ...SERVER, port: 124 }] });
    expect([...core.memberships.keys()]).toEqual(['192.0.2.1:124']);
    expect(actions).toEqual([
      { kind: 'forget', id: SERVER_ID },
      { kind: 'resolve', id: '192.0.2.1:124', host: SERVER.host },
    ]);
  });

  it('knows us by what we publish to from now on', () => {
    const [core] = reconfigured({ publish: [], ownReferenceIds: [5] });
    expect(core.sources.get(SERVER_ID)!.association.config.ownReferenceIds).toEqual([5]);
  });
});

describe('an edge that is asked', () => {
  it.each<[string, Partial<HttpsSourceConfig>, CoreAction[]]>([
    ['prefer', { prefer: true }, []],
    ['min_poll', { minPoll: 0, maxPoll: 0 }, [wake('https-source', EDGE.name)]],
  ])('goes on with another %s', (_name, change, expected) => {
    const [core, actions] = reconfigured({ httpsSources: [{ ...EDGE, ...change }] });
    expect(actions).toEqual(expected);
    expect(core.httpsSources.get(EDGE.name)).toMatchObject({
      config: { ...EDGE, ...change },
      association: { counters: { measured: 7 } },
    });
  });

  it('by another gateway’s word is another one', () => {
    const [core, actions] = reconfigured({ httpsSources: [{ ...EDGE, gatewayKey: 'two' }] });
    expect(actions).toEqual([{ kind: 'forget', id: EDGE.name }, wake('https-source', EDGE.name)]);
    expect(core.httpsSources.get(EDGE.name)!.association.counters).toEqual({});
  });

  it('that is taken out is forgotten', () => {
    const { httpsSources: _, ...others } = CONFIG;
    const [core, actions] = step(marked(), { kind: 'configured', now: LATER, config: others });
    expect(core.httpsSources.size).toBe(0);
    expect(actions).toEqual([{ kind: 'forget', id: EDGE.name }]);
  });
});

describe('a clock of this host', () => {
  it.each<[string, Partial<ReferenceClockConfig>]>([
    ['prefer', { prefer: true }],
    ['reference_id', { referenceId: 2 }],
    ['uncertainty', { uncertainty: nanos(1) }],
  ])('goes on with another %s', (_name, change) => {
    const next = { ...CLOCK, ...change } as ReferenceClockConfig;
    const [core, actions] = reconfigured({ referenceClocks: [next] });
    expect(actions).toEqual([]);
    expect(core.referenceSources.get(CLOCK.name)!.clock).toMatchObject({ config: next, counters: { measured: 7 } });
  });

  it('that is new is waited for, and who was taken out is not', () => {
    const next: ReferenceClockConfig = { ...CLOCK, driver: 'shm', name: 'shm 1', unit: 1 };
    const [core] = reconfigured({ referenceClocks: [next] });
    expect([...core.referenceSources.keys()]).toEqual(['shm 1']);
    expect(core.referenceSources.get('shm 1')!.patientUntil).toBe(after(LATER, seconds(10)));
  });
});

describe('an edge that is published to', () => {
  const told = (origin: string): CoreAction => ({ kind: 'edge', origin, action: { kind: 'wake', at: LATER } });

  it.each<[string, Partial<PublishConfig>]>([
    ['interval', { interval: seconds(1) }],
    ['pull_url', { pullUrl: 'https://gw-1.example.org' }],
  ])('is told at once of another %s, in the same chain', (_name, change) => {
    const [core, actions] = reconfigured({ publish: [{ ...PUBLISH, ...change }] });
    expect(actions).toEqual([told(PUBLISH.origin)]);
    expect(core.publishers.get(PUBLISH.origin)!.sequence).toBe(7);
  });

  it('is forgotten where it is taken out, but for its chain, and others are told', () => {
    const other = 'https://other.example.net';
    const [core, actions] = reconfigured({ publish: [{ ...PUBLISH, origin: other }] });
    expect(actions).toEqual([{ kind: 'forget-edge', origin: PUBLISH.origin }, told(other)]);
    expect(core.publishers.get(other)!.sequence).toBe(0);
    const [back, again] = step(core, { kind: 'configured', now: LATER, config: CONFIG });
    expect(again).toEqual([{ kind: 'forget-edge', origin: other }, told(PUBLISH.origin)]);
    expect(back.publishers.get(PUBLISH.origin)!.sequence).toBe(7);
    expect([...back.retired.keys()]).toEqual([other]);
  });

  it('that was taken out last of many is remembered, and no more than 64 are', () => {
    let core = marked();
    for (let i = 0; i < 100; i++) {
      const config = { ...CONFIG, publish: [{ ...PUBLISH, origin: `https://${i}.example.net` }] };
      [core] = step(core, { kind: 'configured', now: LATER, config });
    }
    expect([...core.retired.keys()]).toEqual(Array.from({ length: 64 }, (_, i) => `https://${i + 35}.example.net`));
  });
});
