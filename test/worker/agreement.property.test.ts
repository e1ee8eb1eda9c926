/** Gateways of which no more are wrong than may be, and more are right: whatever those say, or do not, the interval holds true time. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contains, majority } from '#contract/interval.ts';
import { after, milliseconds, type UnixNanos, unixMillis } from '#contract/time.ts';
import { agreeNow } from '../../worker/agreement.ts';
import { readSettings } from '../../worker/env.ts';
import type { Kept } from '../../worker/kept.ts';
import { type Bound, readingAt } from '../../worker/statement.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { evenly } from '../support/evenly.ts';
import { keptOf } from './kept.ts';

const NOW_MS = 1_795_336_200_000;
const at = (ms: number): UnixNanos => after(unixMillis(NOW_MS), milliseconds(ms));
const TRUTH = at(0);

const width = evenly({ min: 0, max: 100 });
/** Of one bound: how far its ends lie on either side of true time. */
const right = fc.record({ early: width, late: width });
/** Of one that is wrong: off by a little or a lot, or with ends in whatever order. */
const end = fc.oneof(evenly({ min: -200, max: 200 }), evenly({ min: -1e7, max: 1e7 }));
const shifted = fc.tuple(right, end).map(([{ early, late }, by]) => ({ early: early - by, late: late + by }));
const wrong = fc.oneof(
  { weight: 3, arbitrary: shifted },
  { weight: 1, arbitrary: fc.record({ early: end, late: end }) },
);
const seldom = fc.nat(7).map((n) => n === 0);
const word = fc.record({
  isAlone: seldom,
  isSilent: seldom,
  isUntimed: seldom,
  bounds: fc.array(right, { minLength: 1, maxLength: 3 }),
  lies: fc.array(wrong, { minLength: 1, maxLength: 3 }),
});
const setting = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.record({
    quorum: fc.integer({ min: majority(count), max: count }),
    words: fc.array(word, { minLength: count, maxLength: count }),
  }),
);

const bound = ({ early, late }: { early: number; late: number }): Bound => ({
  readings: [readingAt('i', NOW_MS, false)],
  earliest: at(-early),
  estimate: TRUTH,
  latest: at(late),
  own: { below: milliseconds(0), above: milliseconds(0) },
});

const gateway = (gateway: string, over: Partial<Kept>): Kept =>
  keptOf({ gateway, receivedUnixMs: NOW_MS, newest: bound({ early: 1e7, late: 1e12 }), bounds: [], ...over });

it('holds true time, by the word of any gateways of which at most as many are wrong as may be', () => {
  let answers = 0;
  fc.assert(
    fc.property(setting, ({ quorum, words }) => {
      const names = words.map((_, index) => `gw-${index}`);
      const { rules } = readSettings({ GATEWAY_KEYS: distinctKeys(names), QUORUM: quorum, EDGE_SPREAD_MS: 0 });
      const kept = words.map(({ isAlone, isSilent, isUntimed, bounds, lies }, index) =>
        gateway(`gw-${index}`, {
          synchronized: !isAlone,
          receivedUnixMs: isSilent ? NOW_MS - 400_000 : NOW_MS,
          bounds: isUntimed ? [] : (index < rules.mayBeWrong ? lies : bounds).map(bound),
        }),
      );
      const { agreement } = agreeNow(kept, { clock: 'i', isLate: false, exchanges: [] }, NOW_MS, rules);
      if (!agreement.ok) return;
      answers++;
      expect(contains(agreement.value, TRUTH)).toBe(true);
      expect(contains(agreement.value, agreement.value.estimate)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
  expect(answers).toBeGreaterThan(500);
});
