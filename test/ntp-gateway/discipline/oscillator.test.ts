import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, type MonoNanos, monoNanos, nanos, seconds } from '#contract/time.ts';
import {
  boundsFromElsewhere,
  doubted,
  learnt,
  narrower,
  type Oscillator,
  READ_AHEAD,
  wanderOver,
  within,
} from '../../../ntp-gateway/discipline/oscillator.ts';
import { randomFrom } from '../../support/dice.ts';
import { evenly } from '../../support/evenly.ts';

const HOUR = seconds(3_600);
const DAY = nanos(24 * HOUR);
const NOW = monoNanos(10n ** 15n);
const MAX_DRIFT = 5e-4;
const moment = (offset: number): MonoNanos => after(NOW, seconds(offset));

describe('wander of the oscillator', () => {
  it.each([
    { span: 0, age: 0, declared: 0 },
    { span: 36, age: 0, declared: 1e-7 },
    { span: 0, age: 36, declared: 1e-7 },
    { span: 600, age: 300, declared: 5e-7 },
    { span: 3_600, age: 0, declared: 1e-6 },
    { span: 40_000, age: 40_000, declared: 1e-6 },
    { span: 86_400, age: 0, declared: 1e-6 },
    { span: 0, age: 4 * 86_400, declared: 2e-6 },
  ])('is declared to be $declared at most, $age s after a span of $span s', ({ span, age, declared }) => {
    expect(wanderOver(seconds(span), seconds(age), 0)).toBeCloseTo(declared, 12);
  });

  it('is what was measured where that is more, by five standard deviations', () => {
    expect(wanderOver(seconds(300), seconds(0), 100)).toBeCloseTo(5 * 100e-9 * 10, 12);
    expect(wanderOver(seconds(0), seconds(100), 100)).toBeCloseTo(5 * 100e-9 * 10, 12);
    expect(wanderOver(seconds(0), DAY, 0.1)).toBe(1e-6);
  });

  it('never shrinks with the span, the age, or what was measured', () => {
    const length = evenly({ min: 0, max: 10 * DAY });
    const wander = evenly({ min: 0, max: 300 });
    fc.assert(
      fc.property(length, length, length, wander, wander, (span, age, more, measured, further) => {
        const one = wanderOver(nanos(span), nanos(age), measured);
        expect(wanderOver(nanos(span + more), nanos(age), measured)).toBeGreaterThanOrEqual(one);
        expect(wanderOver(nanos(span), nanos(age + more), measured)).toBeGreaterThanOrEqual(one);
        expect(wanderOver(nanos(span), nanos(age), measured + further)).toBeGreaterThanOrEqual(one);
        expect(one).toBeGreaterThanOrEqual(wanderOver(nanos(span), nanos(age), 0));
      }),
    );
  });

  it('is five standard deviations of how far a random walk ends from its mean, and then goes', () => {
    const dice = randomFrom(1);
    const [runs, span, age] = [2_000, 900, 300];
    let squares = 0;
    for (let run = 0; run < runs; run++) {
      let [frequency, sum] = [0, 0];
      for (let second = 0; second < span; second += 10) {
        sum += frequency * 10;
        frequency += 50 * Math.sqrt(10) * dice.normal();
      }
      frequency += 50 * Math.sqrt(age) * dice.normal();
      squares += (frequency - sum / span) ** 2;
    }
    const deviation = Math.sqrt(squares / runs) * 1e-9;
    expect(wanderOver(seconds(span), seconds(age), 50) / deviation).toBeCloseTo(5, 0);
  });
});

describe('bounds of a frequency', () => {
  it('narrow each other, or contradict', () => {
    expect(within(3)).toEqual({ least: -3, greatest: 3 });
    expect(narrower({ least: 0, greatest: 2 }, { least: 1, greatest: 3 })).toEqual({ least: 1, greatest: 2 });
    expect(narrower({ least: 0, greatest: 1 }, { least: 1, greatest: 3 })).toEqual({ least: 1, greatest: 1 });
    expect(narrower({ least: 0, greatest: 1 }, { least: 2, greatest: 3 })).toBeUndefined();
  });

  const known = { at: NOW, least: 1e-5, greatest: 1.2e-5, wander: 0 };
  const oscillator: Oscillator = { maxDrift: MAX_DRIFT, known };
  const widthAt = (since: number, now: number, measured = 0) => {
    const { least, greatest } = boundsFromElsewhere(oscillator, moment(since), moment(now), measured);
    return greatest - least;
  };

  it('are the most that it may ever drift, where nothing is known', () => {
    expect(boundsFromElsewhere({ maxDrift: MAX_DRIFT }, moment(0), moment(9), 7)).toEqual(within(MAX_DRIFT));
  });

  it('are what was known, wider by what it may have wandered since then, or before', () => {
    const wander = (age: number) => wanderOver(nanos(0), nanos(seconds(age) + READ_AHEAD), 0);
    expect(widthAt(0, 0)).toBeCloseTo(2e-6 + 2 * wander(0), 12);
    expect(widthAt(0, 900)).toBeCloseTo(2e-6 + 2 * wander(900), 12);
    expect(widthAt(-900, 0)).toBeCloseTo(2e-6 + 2 * wander(900), 12);
    expect(widthAt(-900, 100)).toBeCloseTo(2e-6 + 2 * wander(900), 12);
    expect(widthAt(0, 900, 30)).toBeGreaterThan(widthAt(0, 900));
    const { least, greatest } = boundsFromElsewhere(oscillator, moment(0), moment(900), 0);
    expect((least + greatest) / 2).toBeCloseTo(1.1e-5, 12);
  });

  it('reckon with the wander that was known, where less is measured now', () => {
    const restless = { maxDrift: MAX_DRIFT, known: { ...known, wander: 30 } };
    expect(boundsFromElsewhere(restless, moment(0), moment(900), 1)).toEqual(
      boundsFromElsewhere(oscillator, moment(0), moment(900), 30),
    );
  });

  it('never pass the most that it may drift, which holds alone against what contradicts it', () => {
    const off = (least: number, greatest: number) =>
      boundsFromElsewhere({ maxDrift: MAX_DRIFT, known: { ...known, least, greatest } }, moment(0), moment(0), 0);
    expect(off(-1, 4e-4).least).toBe(-MAX_DRIFT);
    expect(off(-1, 4e-4).greatest).toBeCloseTo(4e-4, 6);
    expect(off(1, 2)).toEqual(within(MAX_DRIFT));
  });
});

describe('what is known of the oscillator', () => {
  const known = { at: NOW, least: 1e-5, greatest: 1.2e-5, wander: 1 };
  const oscillator: Oscillator = { maxDrift: MAX_DRIFT, known };
  const found = (least: number, greatest: number, at = NOW) => ({ at, least, greatest, wander: 0 });

  it.each([
    { name: 'more is taken', one: found(1.05e-5, 1.1e-5), isTaken: true },
    { name: 'less is not', one: found(0.5e-5, 1.5e-5), isTaken: false },
    { name: 'less is, once what was known has aged', one: found(0.95e-5, 1.2e-5, moment(3_600)), isTaken: true },
    { name: 'what contradicts is', one: found(-2e-5, -1e-5), isTaken: true },
  ])('$name', ({ one, isTaken }) => {
    expect(learnt(oscillator, one, one.at).known).toBe(isTaken ? one : known);
  });

  it('is anything at first, as long as it says more than the most that it may drift', () => {
    expect(learnt({ maxDrift: MAX_DRIFT }, found(-4e-4, 5e-4), NOW).known).toBeDefined();
    expect(learnt({ maxDrift: MAX_DRIFT }, found(-MAX_DRIFT, MAX_DRIFT), NOW).known).toBeUndefined();
  });

  it('is only likely after a sleep: no bound any more', () => {
    const after = doubted(oscillator);
    expect(after.known).toBeUndefined();
    expect(after.expected!.frequency).toBeCloseTo(1.1e-5, 12);
    expect(after.expected!.deviation).toBe(5e-6);
    expect(boundsFromElsewhere(after, NOW, NOW, 0)).toEqual(within(MAX_DRIFT));
    const expected = { frequency: 7e-6, deviation: 1e-6 };
    expect(doubted({ maxDrift: MAX_DRIFT, expected })).toEqual({ maxDrift: MAX_DRIFT, expected });
    expect(doubted({ maxDrift: MAX_DRIFT })).toEqual({ maxDrift: MAX_DRIFT });
  });
});
