import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerAtReceipt } from '#contract/exchange.ts';
import { contains } from '#contract/interval.ts';
import { after, between, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { ReferenceClockConfig } from '../../../ntp-gateway/config.ts';
import {
  newReferenceClock,
  type ReferenceClock,
  type ReferenceClockAction,
  stepReferenceClock,
} from '../../../ntp-gateway/protocol/reference-clock.ts';
import { shmCopy, sockSampleAt } from '../../support/clock-samples.ts';
import { evenly } from '../../support/evenly.ts';

const MONO = monoNanos(1_000_000_000n);
const WALL = unixNanos(1_795_348_800_000_000_000n); // 2026-11-22T12:00:00Z
const QUARTER = milliseconds(250);

const CONFIG: ReferenceClockConfig = {
  name: '/run/gps.sock',
  driver: 'sock',
  path: '/run/gps.sock',
  referenceId: 0x47505300, // GPS
  uncertainty: milliseconds(1),
  offset: nanos(0),
};
const SHM: ReferenceClockConfig = { ...CONFIG, name: 'shm 2', driver: 'shm', unit: 2 };

/** A gateway's life beside one reference clock: what the oscillator and the wall clock read is the test's to say. */
const makeLife = (config: ReferenceClockConfig = CONFIG) => {
  let clock: ReferenceClock = newReferenceClock(config, MONO);
  const hear = (sinceStart: number, messages: readonly Uint8Array[] = [], wallIsAhead = 0, gap = 0) => {
    const now = after(MONO, nanos(sinceStart));
    const wall = after(WALL, nanos(sinceStart + wallIsAhead));
    const [next, actions] = stepReferenceClock(clock, { kind: 'heard', now, wall, gap: nanos(gap), messages });
    clock = next;
    return actions;
  };
  return { hear, clock: () => clock };
};
const measurementOf = ([action]: readonly ReferenceClockAction[]) => {
  if (action?.kind !== 'measured') throw new Error(JSON.stringify(action));
  return action.measurement;
};
/** Stamped so long after the start by a wall clock that is right. */
const sample = (sinceStart: number, offset = 0.25) => sockSampleAt(after(WALL, nanos(sinceStart)), offset);

describe('a reference clock’s sample', () => {
  it('is the exchange of a stratum 0 that took no time', () => {
    const { hear, clock } = makeLife();
    hear(0);
    const [t1, t4] = [after(MONO, milliseconds(100)), after(MONO, milliseconds(100))];
    const time = after(WALL, milliseconds(350));
    expect(measurementOf(hear(QUARTER, [sample(milliseconds(100))]))).toEqual({
      exchange: { t1, t2: time, t3: time, t4 },
      leap: 'none',
      stratum: 0,
      precision: 1_000,
      rootDelay: 0,
      rootDispersion: 1_000_000,
      referenceId: 0x47505300,
      referenceTime: time,
    });
    expect(clock()).toMatchObject({ reach: 1, counters: { measured: 1 } });
  });

  it('is read from shared memory as well', () => {
    const { hear } = makeLife(SHM);
    hear(0);
    const received = after(WALL, milliseconds(100));
    const { exchange, precision } = measurementOf(
      hear(QUARTER, [shmCopy({ received, clock: after(received, nanos(7)) })]),
    );
    expect(exchange.t4).toBe(after(MONO, milliseconds(100)));
    expect(exchange.t3).toBe(after(received, nanos(7)));
    expect(precision).toBe(1);
  });

  it('is corrected by what the operator says', () => {
    const { hear } = makeLife({ ...CONFIG, offset: milliseconds(-120) });
    hear(0);
    const { exchange } = measurementOf(hear(QUARTER, [sample(milliseconds(100))]));
    expect(exchange.t2).toBe(after(WALL, milliseconds(100 + 250 - 120)));
  });

  it('is as uncertain as the readings around it: their gaps, and what the wall clock was slewed by', () => {
    const { hear } = makeLife();
    hear(0, [], 0, 3_000);
    const { exchange } = measurementOf(hear(QUARTER, [sample(milliseconds(100))], 25_000, 4_000));
    expect(between(exchange.t1, exchange.t4)).toBe(25_000 + 3_000);
    expect(exchange.t4).toBe(after(MONO, nanos(milliseconds(100) + 3_000)));
  });

  it('is not less certain for what the wall clock did long before', () => {
    const { hear } = makeLife();
    hear(0);
    for (const [i, ahead] of [10_000, 20_000, 30_000, 40_000].entries()) hear((i + 1) * QUARTER, [], ahead);
    const { exchange } = measurementOf(hear(5 * QUARTER, [sample(milliseconds(1_100) + 40_000)], 50_000));
    expect(between(exchange.t1, exchange.t4)).toBe(10_000);
  });

  it.each([
    { reason: 'magic', stamped: milliseconds(100), message: new Uint8Array(40) },
    { reason: 'length', stamped: milliseconds(100), message: new Uint8Array(39) },
    { reason: 'future', message: sample(QUARTER + 1_000) },
    { reason: 'stale', message: sample(-1_000) },
    { reason: 'stale', message: sample(milliseconds(3)) }, // a step too small to see, and it would be older
    { reason: 'stale', message: sample(-seconds(86_400)) },
  ])('is refused and counted: $reason', ({ reason, message }) => {
    const { hear, clock } = makeLife();
    hear(0);
    expect(hear(QUARTER, [message])).toEqual([{ kind: 'dropped', reason }]);
    expect(clock()).toMatchObject({ reach: 0, counters: { [reason]: 1 } });
  });

  it('teaches once, and in order', () => {
    const { hear, clock } = makeLife();
    hear(0);
    const [early, late] = [sample(milliseconds(100)), sample(milliseconds(200))];
    const kinds = hear(QUARTER, [early, early, late, early]).map((action) =>
      action.kind === 'dropped' ? action.reason : action.kind,
    );
    expect(kinds).toEqual(['measured', 'out-of-order', 'measured', 'out-of-order']);
    expect(hear(2 * QUARTER, [late])).toEqual([{ kind: 'dropped', reason: 'out-of-order' }]);
    expect(clock().counters).toEqual({ measured: 2, 'out-of-order': 3 });
  });

  it.each([milliseconds(50), milliseconds(-50), seconds(3_600)])(
    'is not believed for six seconds after the wall clock was set by %i ns',
    (step) => {
      const { hear, clock } = makeLife();
      for (let i = 0; i < 8; i++) hear(i * QUARTER);
      // Stamped before the step, heard after it; and again by the clock that was set.
      hear(8 * QUARTER, [sample(7.4 * QUARTER)], step);
      hear(9 * QUARTER, [sample(8.5 * QUARTER + step)], step);
      expect(clock().counters.measured).toBeUndefined();
      for (let i = 10; i < 40; i++) hear(i * QUARTER, [], step);
      measurementOf(hear(40 * QUARTER, [sample(39.5 * QUARTER + step)], step));
    },
  );

  it('is not believed before the clocks have been looked at', () => {
    const { hear } = makeLife();
    expect(hear(QUARTER, [sample(milliseconds(100))])).toEqual([{ kind: 'dropped', reason: 'stale' }]);
  });

  it('holds the truth, however the wall clock is slewed and set by less than is seen', () => {
    const change = fc.record({
      by: fc.integer({ min: -2_000_000, max: 2_000_000 }),
      at: evenly({ min: 0, max: 1 }),
    });
    const quarters = fc.array(fc.option(change, { freq: 3 }), { minLength: 4, maxLength: 30 });
    const stampAt = evenly({ min: 0.001, max: 0.999 });
    const run = fc.tuple(quarters, fc.array(stampAt, { minLength: 30, maxLength: 30 }), fc.integer({ min: 0, max: 3 }));
    let measured = 0;
    fc.assert(
      fc.property(run, ([steps, stamps, lateBy]) => {
        const { hear } = makeLife(SHM);
        hear(0);
        let ahead = 0;
        const waiting: Uint8Array[] = [];
        const truth = new Map<bigint, bigint>(); // true time of each sample → when it was taken, by the oscillator
        steps.forEach((step, i) => {
          const fraction = stamps[i]!;
          const taken = Math.round((i + fraction) * QUARTER);
          const aheadThen = ahead + (step && step.at < fraction ? step.by : 0);
          ahead += step?.by ?? 0;
          const wall = after(WALL, nanos(taken + aheadThen));
          waiting.push(shmCopy({ received: wall, clock: after(WALL, nanos(taken)) }));
          truth.set(after(WALL, nanos(taken)), after(MONO, nanos(taken)));
          const heard = waiting.length > lateBy ? [waiting.shift()!] : [];
          for (const action of hear((i + 1) * QUARTER, heard, ahead)) {
            if (action.kind === 'dropped') continue;
            measured++;
            const { exchange } = action.measurement;
            const at = truth.get(exchange.t2)!;
            expect(exchange.t1 <= at && at <= exchange.t4).toBe(true);
            const sinceTaken = between(monoNanos(at), exchange.t4);
            expect(contains(peerAtReceipt(exchange), after(exchange.t2, sinceTaken))).toBe(true);
          }
        });
      }),
      { numRuns: 500 },
    );
    expect(measured).toBeGreaterThan(100);
  });
});

describe('its reach', () => {
  it('has a bit for each 16 s with a good sample', () => {
    const { hear, clock } = makeLife();
    const reachAfter = (seconds: number, isGood: (second: number) => boolean) => {
      for (let i = 0; i < seconds; i++, now++) {
        for (let part = 0; part < 4; part++) {
          const at = now * 1e9 + part * QUARTER;
          hear(at, part === 3 && isGood(now) ? [sample(at - milliseconds(100))] : []);
        }
      }
      return clock().reach;
    };
    let now = 0;
    expect(reachAfter(16, () => true)).toBe(0b1);
    expect(reachAfter(16, (second) => second === 20)).toBe(0b11);
    expect(reachAfter(16, () => false)).toBe(0b110);
    expect(reachAfter(16 * 6, () => false)).toBe(0b1000_0000 & 0xff);
    expect(reachAfter(32, () => false)).toBe(0);
  });

  it('is kept beside no more than a few readings', () => {
    const { hear, clock } = makeLife();
    for (let i = 0; i < 1_000; i++) hear(i * QUARTER);
    expect(clock().readings.length).toBeLessThan(32);
  });
});
