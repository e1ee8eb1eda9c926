import { expect, it } from 'vitest';
import { monoNanos, nanos } from '#contract/time.ts';
import { type CoreConfig, newCore } from '../../../ntp-gateway/core/state.ts';
import { digestOf } from '../../../ntp-gateway/io/recording.ts';
import { chain } from '../../../ntp-gateway/record/recorder.ts';
import { recordInMemory, replayAll } from '../../support/recorded.ts';
import { NO_SERVER } from '../../support/server-config.ts';

const config: CoreConfig = {
  id: 'gw',
  stateDir: 'state',
  minSources: 1,
  maxDrift: 5e-4,
  sources: [],
  server: NO_SERVER,
  publish: [{ origin: 'https://time.example.org', interval: nanos(16e9) }],
  precision: -22,
  ownReferenceIds: [1],
};

it('a replay begins with all that the core was given: a configuration, an epoch, a time and a memory', () => {
  const now = monoNanos(7n);
  const remembered = { frequency: 2e-5, certain: { at: monoNanos(5n), least: 1e-5, greatest: 3e-5, wander: 1 } };
  const [core, actions] = newCore(config, 3, now, remembered);
  const { lines, recorder } = recordInMemory();
  recorder.began({ config, epoch: 3, now, remembered }, core, actions);
  recorder.ended();
  expect(replayAll(lines)).toMatchObject({ core, events: 0, lines: 2, agreedAt: 2, ended: true, now });
  expect(actions).not.toEqual([]);
});

it('a digest is of what came before, what went in, what came out and how the clock stands', () => {
  const [core, actions] = newCore(config, 3, monoNanos(7n));
  const digests = [
    chain('', 'a', core, actions, digestOf),
    chain('b', 'a', core, actions, digestOf),
    chain('', 'b', core, actions, digestOf),
    chain('', 'a', core, [], digestOf),
    chain('', 'a', { ...core, speaks: true }, actions, digestOf),
  ];
  expect(new Set(digests).size).toBe(digests.length);
});
