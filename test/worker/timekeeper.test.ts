import { describe, expect, it } from 'vitest';
import type { Verified } from '#contract/jws.ts';
import { nanos, seconds, type UnixNanos, unixMillis } from '#contract/time.ts';
import type { ReadingBound, TimeSample } from '#contract/time-sample.ts';
import { agreeNow } from '../../worker/agreement.ts';
import { readSettings } from '../../worker/env.ts';
import type { Kept } from '../../worker/kept.ts';
import { type Arrival, afterRefusal, type KeepRefusal, keep } from '../../worker/timekeeper.ts';
import { exampleSample } from '../contract/example.ts';
import { distinctKeys } from '../support/distinct-keys.ts';

const ORIGIN = exampleSample.aud;
const NOW_MS = 1_795_336_200_000;
const { rules } = readSettings({ GATEWAY_KEYS: distinctKeys(['gw-1', 'gw-2']), QUORUM: 1 });

/** True time as this edge's clock, which is right, reads `ms` after NOW_MS. */
const at = (ms: number): UnixNanos => unixMillis(NOW_MS + ms);
const hash = (name: string): string => name.padEnd(43, '-');

const sampleAt = (ms: number, over: Partial<TimeSample> = {}): TimeSample => ({
  ...exampleSample,
  lineage: [over.gateway ?? exampleSample.gateway],
  estimateUnixNs: at(ms),
  earliestUnixNs: at(ms - 5),
  latestUnixNs: at(ms + 5),
  validFromUnixNs: at(ms - 5),
  validUntilUnixNs: at(ms + 300_000),
  previousSha256: null,
  readings: [],
  ...over,
});

const arrivalAt = (ms: number, sample: TimeSample, over: Partial<Arrival> = {}): Arrival => ({
  sample: sample as Verified<TimeSample>,
  sha256: hash(`${sample.gateway}-${sample.epoch}-${sample.sequence}`),
  origin: ORIGIN,
  isolate: 'i',
  isolateUnixMs: NOW_MS + ms,
  object: 'o',
  objectUnixMs: NOW_MS + ms,
  answered: sample.readings,
  ...over,
});

/** Bounds a reading taken `ms` after NOW_MS, in answer to the named sample: truly, unless it lies. */
const boundAt = (ms: number, sampleSha256: string, lieMs = 0): ReadingBound => ({
  sampleSha256,
  isolate: 'i',
  isolateUnixMs: NOW_MS + ms,
  departedUnixMs: NOW_MS + ms,
  object: 'o',
  objectUnixMs: NOW_MS + ms,
  location: 'local',
  nonce: hash('nonce'),
  estimateUnixNs: at(ms + lieMs),
  earliestUnixNs: at(ms + lieMs - 5),
  latestUnixNs: at(ms + lieMs + 5),
});

const kept = (list: readonly Kept[], arrival: Arrival): Kept => {
  const result = keep(list, arrival, rules);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

/** A gateway that has posted twice, so that one bound is kept. It stands at epoch 3, sequence 42. */
const timed = (gateway = 'gw-1', lieMs = 0): Kept => {
  const first = kept([], arrivalAt(0, sampleAt(lieMs, { gateway })));
  const readings = [boundAt(0, first.sha256, lieMs)];
  const second = sampleAt(1_000 + lieMs, { gateway, sequence: 42, previousSha256: first.sha256, readings });
  return kept([first], arrivalAt(1_000, second));
};

const DAY_MS = 86_400_000;

it.each([
  { edge: 'https://time.example.org', asked: 'https://gw-1.example.org', isAsked: true },
  { edge: 'http://127.0.0.1:8787', asked: 'http://127.0.0.1:8443', isAsked: true },
  { edge: 'http://127.0.0.1:8787', asked: 'https://gw-1.example.org', isAsked: true },
  { edge: 'https://time.example.org', asked: 'http://localhost:6379', isAsked: false },
])('a gateway at $asked is asked by $edge: $isAsked', ({ edge, asked, isAsked }) => {
  const arrival = arrivalAt(0, sampleAt(0, { aud: edge, pullUrl: asked }), { origin: edge });
  expect(kept([], arrival).pull).toEqual(isAsked ? { url: asked, aud: edge } : undefined);
});

describe('a sample is refused', () => {
  it.each<[word: string, sample: TimeSample, over?: Partial<Arrival>]>([
    ['wrong-audience', sampleAt(0, { aud: 'https://time.example.com' })],
    ['wrong-audience', sampleAt(0, { aud: 'http://time.example.org' })],
    ['loop', sampleAt(0, { lineage: [ORIGIN, 'gw-1'] })],
    ['stale', sampleAt(-2 * DAY_MS)],
    ['future', sampleAt(2 * DAY_MS)],
    ['stale', sampleAt(0, { validUntilUnixNs: at(-DAY_MS - 1) })],
    ['future', sampleAt(0, { validFromUnixNs: at(DAY_MS + 1) })],
  ])('as %s, before anything is known (%#)', (reason, sample, over) => {
    expect(keep([], arrivalAt(0, sample, over), rules)).toEqual({ ok: false, reason });
  });

  it.each<[word: string, over: Partial<TimeSample>, ms?: number]>([
    ['replayed', { sequence: 42 }],
    ['replayed', { sequence: 41 }],
    ['replayed', { epoch: 2, sequence: 99 }],
    ['forked', { sequence: 43, previousSha256: hash('another') }],
    ['forked', { sequence: 43, previousSha256: null }],
    ['future', { sequence: 44 }, 3_000],
    ['stale', { sequence: 44 }, -301_000],
    ['stale', { sequence: 44, validUntilUnixNs: at(1_000) }],
    ['future', { sequence: 44, validFromUnixNs: at(3_000) }],
  ])('as %s, once the gateway has timed this edge (%#)', (reason, over, ms = 2_000) => {
    expect(keep([timed()], arrivalAt(2_000, sampleAt(ms, over)), rules)).toEqual({ ok: false, reason });
  });

  it('by the first word that fits', () => {
    const sample = sampleAt(-2 * DAY_MS, { aud: 'https://elsewhere', lineage: [ORIGIN], sequence: 1 });
    const own = { ...sample, aud: ORIGIN };
    const again = { ...own, lineage: [] };
    const words = [sample, own, again].map((each) => keep([timed()], arrivalAt(0, each), rules));
    expect(words).toMatchObject([{ reason: 'wrong-audience' }, { reason: 'loop' }, { reason: 'replayed' }]);
  });

  it('where another gateway has timed this edge and says otherwise', () => {
    const sample = sampleAt(4_000, { gateway: 'gw-2' });
    expect(keep([timed()], arrivalAt(2_000, sample), rules)).toMatchObject({ reason: 'future' });
  });
});

describe('a sample is kept', () => {
  it.each([
    ['none', { ok: false, reason: 'future' }],
    ['delete', { ok: true }],
  ] as const)('a second ahead of our clocks, if a second may have been left out: %s', (leap, outcome) => {
    const beforeMs = Date.parse('2028-01-01') - NOW_MS - 2_000;
    const other = { gateway: 'gw-2', leap };
    const first = kept([], arrivalAt(beforeMs, sampleAt(beforeMs, other)));
    const readings = [boundAt(beforeMs, first.sha256)];
    const next = sampleAt(beforeMs + 1_000, { ...other, sequence: 42, previousSha256: first.sha256, readings });
    const second = kept([first], arrivalAt(beforeMs + 1_000, next));
    const sample = sampleAt(beforeMs + 4_000);
    expect(keep([second], arrivalAt(beforeMs + 3_000, sample), rules)).toMatchObject(outcome);
  });

  it('with a gap before it', () => {
    const result = keep(
      [timed()],
      arrivalAt(2_000, sampleAt(2_000, { sequence: 50, previousSha256: hash('lost') })),
      rules,
    );
    expect(result).toMatchObject({ ok: true, value: { epoch: 3, sequence: 50 } });
  });

  it('a day off, before anything is known', () => {
    expect(keep([], arrivalAt(0, sampleAt(DAY_MS - 10)), rules)).toMatchObject({ ok: true });
    expect(keep([], arrivalAt(0, sampleAt(10 - DAY_MS)), rules)).toMatchObject({ ok: true });
  });

  it('in a new epoch, which takes back all that was said in the one before', () => {
    const stepped = sampleAt(3_600_000, { epoch: 4, sequence: 0, readings: [boundAt(1_000, timed().sha256)] });
    const result = keep([timed()], arrivalAt(2_000, stepped), rules);
    expect(result).toMatchObject({ ok: true, value: { epoch: 4, bounds: [], readingsRefused: 1 } });
  });

  it('after a silence, even from a gateway that has stepped without saying so: it is not locked out', () => {
    const stepped = (sequence: number) => sampleAt(3_600_000, { sequence });
    const before = timed();
    expect(keep([before], arrivalAt(300_000, stepped(43)), rules)).toMatchObject({ reason: 'forked' });
    expect(keep([before], arrivalAt(300_000, stepped(44)), rules)).toMatchObject({ reason: 'future' });
    expect(keep([before], arrivalAt(302_000, stepped(44)), rules)).toMatchObject({ ok: true, value: { bounds: [] } });
  });
});

describe('a sample that is ahead of all that its own gateway said before', () => {
  const before = timed();
  const ahead = sampleAt(5_000, { sequence: 43, previousSha256: before.sha256 });
  const left = (sample: TimeSample, ms = 2_000, reason: KeepRefusal = 'future', known = [before]) =>
    afterRefusal(reason, known, arrivalAt(ms, sample), rules);

  it('takes that word along, whichever is wrong', () => {
    expect(keep([before], arrivalAt(2_000, ahead), rules)).toMatchObject({ reason: 'future' });
    const { sequence, sha256, bounds, receivedUnixMs } = left(ahead)!;
    expect({ sequence, bounds, receivedUnixMs }).toEqual({ sequence: 43, bounds: [], receivedUnixMs: NOW_MS + 1_000 });
    const readings = [boundAt(1_000, before.sha256)]; // of the sample before, by a clock that may have been set since
    const again = sampleAt(6_000, { sequence: 44, previousSha256: sha256, readings });
    expect(kept([left(ahead)!], arrivalAt(3_000, again))).toMatchObject({ bounds: [], readingsRefused: 1 });
  });

  it.each([
    { name: 'is ahead of the others alone', sample: sampleAt(5_000, { sequence: 43, earliestUnixNs: at(2_000) }) },
    { name: 'is of another epoch', sample: { ...ahead, epoch: 4 } },
    { name: 'was refused for something else', sample: ahead, reason: 'forked' as const },
    { name: 'is of a gateway of which nothing is kept', sample: ahead, known: [] },
  ])('leaves all as it is where it $name', ({ sample, reason, known }) => {
    expect(left(sample, 2_000, reason, known)).toBeUndefined();
  });
});

describe('a bounded reading is taken', () => {
  const before = timed();
  const next = (readings: readonly ReadingBound[], over: Partial<Arrival> = {}) => {
    const sample = sampleAt(2_000, { sequence: 43, previousSha256: before.sha256, readings: [...readings] });
    return kept([before], arrivalAt(2_000, sample, over));
  };

  it('once, if it answers the sample that is kept', () => {
    const after = next([boundAt(1_001, before.sha256)]);
    expect(after.bounds).toHaveLength(2);
    expect(after.readingsRefused).toBe(0);
    const again = sampleAt(3_000, { sequence: 45, readings: [boundAt(1_001, before.sha256)] });
    expect(kept([after], arrivalAt(3_000, again))).toMatchObject({ bounds: after.bounds, readingsRefused: 1 });
  });

  it('once, if it stands in one sample twice', () => {
    const after = next([boundAt(1_001, before.sha256), boundAt(1_001, before.sha256)]);
    expect(after).toMatchObject({ readingsRefused: 1, bounds: { length: 2 } });
  });

  it('not if it answers another sample', () => {
    expect(next([boundAt(1_001, hash('another'))])).toMatchObject({ readingsRefused: 1, bounds: before.bounds });
  });

  it('not if its nonce is not ours', () => {
    const forged = next([boundAt(1_001, before.sha256)], { answered: [] });
    expect(forged).toMatchObject({ readingsRefused: 1, bounds: before.bounds });
  });

  it.each([
    { what: 'took no time', tookMs: 0 },
    { what: 'took its time', tookMs: 300 },
    { what: 'was taken by a clock that was set back meanwhile', tookMs: 300, backMs: 400 },
  ])('and is as tight as the way to us, where our answer $what', ({ tookMs, backMs = 0 }) => {
    const reading = {
      ...boundAt(1_000, before.sha256),
      departedUnixMs: NOW_MS + 1_000 + tookMs - backMs,
      estimateUnixNs: at(1_000 + tookMs / 2),
      latestUnixNs: at(1_000 + tookMs + 5),
    };
    const { bounds } = next([reading]);
    const alone = [{ ...before, receivedUnixMs: NOW_MS + 2_000, bounds: bounds.slice(0, 1) }];
    const nowMs = 2_000 - backMs;
    const reader = { clock: 'i', isLate: false, exchanges: [] };
    const { agreement } = agreeNow(alone, reader, NOW_MS + nowMs, { ...rules, drift: 0, spread: undefined });
    expect(agreement).toMatchObject({
      ok: true,
      value: {
        earliest: at(2_000 - 5 - 1 - backMs),
        estimate: at(2_000 - backMs / 2),
        latest: at(2_000 + 5 + 1),
      },
    });
  });

  it('and the last eight are kept', () => {
    let state = before;
    for (let sequence = 43; sequence < 60; sequence++) {
      const ms = (sequence - 41) * 1_000;
      const readings = [boundAt(ms - 1_000, state.sha256)];
      state = kept([state], arrivalAt(ms, sampleAt(ms, { sequence, previousSha256: state.sha256, readings })));
    }
    expect(state.bounds.map(({ readings }) => (readings[0]!.fromUnixMs - NOW_MS) / 1_000)).toEqual([
      17, 16, 15, 14, 13, 12, 11, 10,
    ]);
  });
});

it('judges by bounds alone what the object’s own clock would have let pass, and the other way round', () => {
  // This edge's clock is an hour slow: gw-1 has told it so, and so gw-2, which is right, is kept.
  const right = sampleAt(3_602_000, { gateway: 'gw-2' });
  expect(
    keep([timed('gw-1', 3_600_000)], arrivalAt(2_000, right), { ...rules, maxClockError: seconds(1) }),
  ).toMatchObject({ ok: true });
  expect(keep([timed('gw-1', 3_600_000)], arrivalAt(2_000, sampleAt(2_000, { gateway: 'gw-2' })), rules)).toMatchObject(
    { reason: 'stale' },
  );
  expect(keep([], arrivalAt(2_000, right), { ...rules, maxClockError: nanos(1e9) })).toMatchObject({
    reason: 'future',
  });
});
