/** Three gateways go through a leap second, each when it has asked its sources; the edge's clocks count on. One may lie. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import type { LeapNotice } from '#contract/leap.ts';
import { after, milliseconds, type UnixNanos, unixMillis } from '#contract/time.ts';
import { agreeNow, type Rules } from '../../worker/agreement.ts';
import { readSettings } from '../../worker/env.ts';
import type { Kept } from '../../worker/kept.ts';
import { type Bound, readingAt } from '../../worker/statement.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { evenly } from '../support/evenly.ts';
import { keptOf } from './kept.ts';

const MIDNIGHT = Date.parse('2029-01-01T00:00:00Z');
const rulesOf = (count: number): Rules =>
  readSettings({
    GATEWAY_KEYS: distinctKeys(Array.from({ length: count }, (_, index) => `gw-${index}`)),
    EDGE_SPREAD_MS: 'measured',
    OBJECT_LAG_MS: 0,
    EDGE_DRIFT_PPM: 0,
  }).rules;

/** What the edge's clock reads, `seconds` after it read the midnight of the leap: it counts every second. */
const readAt = (seconds: number): number => MIDNIGHT + Math.floor(seconds * 1_000);
/** True time then. It comes to midnight a second later where one is inserted, a second earlier where one is left out. */
const truthAt = (seconds: number, leap: LeapNotice): UnixNanos => {
  const shift = leap === 'insert' ? -1 : leap === 'delete' ? 1 : 0;
  // Of an inserted second the number is told twice: POSIX time goes back as it begins.
  return after(
    unixMillis(MIDNIGHT),
    milliseconds((seconds >= (leap === 'delete' ? -1 : 0) ? seconds + shift : seconds) * 1_000),
  );
};

const bound = (seconds: number, truth: UnixNanos, early: number, late: number): Bound => ({
  readings: [readingAt('i', readAt(seconds), false)],
  earliest: after(truth, milliseconds(-early)),
  estimate: truth,
  latest: after(truth, milliseconds(late)),
  own: { below: milliseconds(early), above: milliseconds(late) },
});

const gateway = (name: number, leap: LeapNotice, epoch: number, bounds: readonly Bound[]): Kept => {
  const [newest] = bounds;
  if (!newest) throw new Error('a bound');
  return keptOf({
    gateway: `gw-${name}`,
    epoch,
    leap,
    taiOffsetSeconds: null,
    receivedUnixMs: MIDNIGHT,
    newest: { ...newest, latest: after(newest.latest, milliseconds(1e12)) },
    bounds,
  });
};

const width = evenly({ min: 0, max: 30 });
const seconds = evenly({ min: -60, max: 60 });
const leaps = fc.constantFrom<LeapNotice>('none', 'insert', 'delete');
/**
 * When an honest gateway last posted and once before the leap, when it has asked its sources after it, and how sure it is.
 * Until it has asked them it goes on announcing the leap, and holds both for possible. Then it begins a new epoch.
 */
const honest = fc.record({
  before: evenly({ min: -60, max: -2 }),
  posted: seconds,
  asked: evenly({ min: 0, max: 60 }),
  early: width,
  late: width,
});
const unsure = (leap: LeapNotice) => ({ early: leap === 'delete' ? 1_000 : 0, late: leap === 'insert' ? 1_000 : 0 });
const lie = fc.record({
  posted: seconds,
  leap: leaps,
  early: width,
  late: width,
  off: fc.oneof(fc.constantFrom(0, 1_000, -1_000), evenly({ min: -1_100, max: 1_100 })),
});

describe('around a leap second', () => {
  it.each([1, 3])('the interval holds true time, by the word of %i gateways', (count) => {
    let answers = 0;
    fc.assert(
      fc.property(
        leaps,
        evenly({ min: -10, max: 60 }),
        fc.array(honest, { minLength: 3, maxLength: 3 }),
        fc.option(lie, { nil: undefined }),
        fc.option(fc.nat(2), { nil: undefined }),
        (leap, now, words, lie, silent) => {
          const kept = words.slice(0, count).map(({ before, posted, asked, early, late }, index) => {
            const told = (at: number, more = { early: 0, late: 0 }) =>
              bound(at, truthAt(at, leap), early + more.early, late + more.late);
            const at = Math.min(posted, now);
            const earlier = told(Math.min(at, before));
            if (at < asked) return gateway(index, leap, 1, [told(at, at < -2 ? undefined : unsure(leap)), earlier]);
            return gateway(index, 'none', 2, [told(at)]);
          });
          if (lie && count > 1) {
            const at = Math.min(lie.posted, now);
            const off = after(truthAt(at, leap), milliseconds(lie.off));
            kept[2] = gateway(2, lie.leap, 1, [bound(at, off, lie.early, lie.late)]);
          }
          const { agreement } = agreeNow(
            kept.filter((_, index) => index !== silent),
            { clock: 'i', isLate: false, exchanges: [] },
            readAt(now),
            rulesOf(count),
          );
          if (!agreement.ok) return;
          answers++;
          // At the reading: between its beginning and its end, a step later.
          expect(contains(agreement.value, truthAt(now, leap))).toBe(true);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(answers).toBeGreaterThan(1_000);
  });
});
