import { expect, it } from 'vitest';
import { after, type MonoNanos, monoNanos, seconds } from '#contract/time.ts';
import { type Core, type CoreAction, type CoreConfig, type CoreEvent, newCore } from '../../ntp-gateway/core/state.ts';
import { step } from '../../ntp-gateway/core.ts';
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
