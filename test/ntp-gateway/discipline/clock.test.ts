import { describe, expect, it } from 'vitest';
import { after, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import {
  type Clock,
  drawLocalLine,
  follow,
  isStep,
  isUsable,
  readClock,
} from '../../../ntp-gateway/discipline/clock.ts';
import { NO_LEAP } from '../../../ntp-gateway/discipline/leap.ts';
import { partsOf } from '../../support/estimate.ts';

const ZERO = monoNanos(1_000_000_000n);
const line = (time: string, over: Partial<Clock> = {}): Clock => {
  const utc = unixNanos(BigInt(Date.parse(time)) * 1_000_000n);
  return {
    at: ZERO,
    reading: { time: utc, earliest: after(utc, milliseconds(-1)), latest: after(utc, milliseconds(2)) },
    slew: nanos(0),
    wander: 1,
    early: partsOf(),
    late: partsOf(),
    frequency: 1e-5,
    frequencyBounds: { least: 0, greatest: 3e-5 },
    standardDeviation: nanos(1),
    epoch: 1,
    synchronized: true,
    server: { leap: 'none', stratum: 2, referenceId: 1, referenceTime: utc, rootDelay: nanos(0), precision: -20 },
    sourcesSelected: 1,
    sourcesTotal: 1,
    leap: NO_LEAP,
    ...over,
  };
};
const plain = line('2026-11-22T08:30:00Z');
const { time } = plain.reading;

describe('the virtual clock', () => {
  it('runs at its frequency, and its bound grows by what the frequency may be off', () => {
    expect(readClock(plain, after(ZERO, seconds(100)))).toEqual({
      time: after(time, milliseconds(100_001)),
      earliest: after(time, milliseconds(99_999)),
      latest: after(time, milliseconds(100_005)),
    });
  });

  it('looks back as honestly as forward', () => {
    expect(readClock(plain, after(ZERO, seconds(-100)))).toEqual({
      time: after(time, milliseconds(-100_001)),
      earliest: after(time, milliseconds(-100_004)),
      latest: after(time, milliseconds(-99_998)),
    });
  });

  it('is of no use past 1.5 s from true time, unless it is the host’s own and marked so', () => {
    const old = readClock(plain, after(ZERO, seconds(90_000)));
    expect(isUsable(plain, old)).toBe(false);
    expect(isUsable({ ...plain, synchronized: false }, old)).toBe(true);
  });

  it('may be 1 s off around a leap second that is announced (contract/leap.ts)', () => {
    const read = (leap: Clock['server']['leap']) => {
      const clock = line('2026-12-31T23:59:58.5Z', { server: { ...plain.server, leap } });
      const { time, earliest, latest } = readClock(clock, ZERO);
      return [time - earliest, latest - time];
    };
    expect(read('none')).toEqual([1_000_000n, 2_000_000n]);
    expect(read('insert')).toEqual([1_001_000_000n, 2_000_000n]);
    expect(read('delete')).toEqual([1_000_000n, 1_002_000_000n]);
  });

  it('calls it a step where two lines contradict, or where one is the host’s own clock', () => {
    const moved = (ms: number): Clock => {
      const shift = (point: typeof time) => after(point, milliseconds(ms));
      const { reading } = plain;
      return {
        ...plain,
        reading: { time: shift(reading.time), earliest: shift(reading.earliest), latest: shift(reading.latest) },
      };
    };
    expect(isStep(plain, moved(2.9))).toBe(false);
    expect(isStep(plain, moved(3.1))).toBe(true);
    const local = drawLocalLine({ now: ZERO, wall: time }, { stratum: 10, uncertainty: seconds(1) }, 5e-4, -20);
    expect(isStep(plain, local)).toBe(true);
  });

  const shifted = (ms: number, half = 50): Clock => {
    const utc = after(time, milliseconds(ms));
    return line('2026-11-22T08:30:00Z', {
      reading: { time: utc, earliest: after(utc, milliseconds(-half)), latest: after(utc, milliseconds(half)) },
    });
  };

  it.each([-40, -0.001, 0.001, 40])('goes over to a line %d ms away without a jump and without going back', (ms) => {
    const from = shifted(0);
    const clock = follow(from, shifted(ms), 1);
    expect(readClock(clock, ZERO).time).toBe(readClock(from, ZERO).time);
    let last = readClock(clock, ZERO).time;
    for (let i = 1; i <= 2_000; i++) {
      const now = readClock(clock, after(ZERO, milliseconds(i))).time;
      const passed = Number(now - last);
      expect(passed).toBeGreaterThan(0.9e6);
      expect(passed).toBeLessThan(1.1e6);
      last = now;
    }
    expect(last).toBe(readClock(shifted(ms), after(ZERO, seconds(2))).time);
  });

  it('tells time that is still being slewed in an interval that holds it and what is known by now', () => {
    const clock = follow(shifted(-45), shifted(0, 10), 1);
    expect(readClock(clock, ZERO)).toEqual({
      time: shifted(-45).reading.time,
      earliest: shifted(-45).reading.time,
      latest: shifted(10).reading.time,
    });
    const { earliest, latest } = shifted(0, 10).reading;
    expect(readClock(clock, after(ZERO, seconds(1)))).toEqual({
      time: readClock(shifted(0), after(ZERO, seconds(1))).time,
      earliest: after(earliest, seconds(1)),
      latest: after(latest, nanos(1_000_030_000)),
    });
  });

  it('starts a new line without a slew where time is stepped', () => {
    expect(readClock(follow(undefined, shifted(-40), 2), ZERO).time).toBe(shifted(-40).reading.time);
  });
});
