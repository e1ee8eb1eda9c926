/** What is written, and what never is: tables, and properties over whatever a kernel and a clock may say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { after, milliseconds, nanos, seconds, type UnixNanos, unixMillis, unixNanos } from '#contract/time.ts';
import type { SystemClockConfig } from '../../../ntp-gateway/config.ts';
import { type Clock, FASTEST_SLEW } from '../../../ntp-gateway/discipline/clock.ts';
import {
  type KernelClock,
  LIMIT,
  rateOf,
  STA_DEL,
  STA_INS,
  STA_UNSYNC,
  settingFor,
} from '../../../ntp-gateway/discipline/kernel-clock.ts';
import {
  newSystemClock,
  type SystemClock,
  type SystemClockEvent,
  stepSystemClock,
  type Write,
} from '../../../ntp-gateway/discipline/system-clock.ts';
import { clockOf, DRAWN, readingOf } from '../../support/clock.ts';

const NOON = BigInt(Date.parse('2026-11-30T12:00:00Z')) * 1_000_000n;
const FREE: KernelClock = { freq: 0, tick: 10_000, status: STA_UNSYNC, maxError: LIMIT, estError: LIMIT, tai: 0 };
const OURS = { ...settingFor(1e-5), status: 0, maxError: 6_000, estError: 10, base: 1e-5 };

type Tick = Extract<SystemClockEvent, { kind: 'tick' }>;
/** @param off - UTC less the host's clock. */
const tickOf = (off: number, over: Partial<Tick> = {}): Tick => ({
  kind: 'tick',
  mode: 'step-and-slew',
  now: DRAWN,
  wall: unixNanos(NOON - BigInt(off)),
  gap: nanos(0),
  clock: clockOf(NOON),
  isSynchronized: true,
  kernel: ok(FREE),
  ...over,
});
const ours = (over: Partial<KernelClock> = {}) => ({ kernel: ok({ ...OURS, tai: 0, ...over }) });
const writes = ([, actions]: readonly [SystemClock, readonly { kind: string }[]]): readonly Write[] =>
  actions.filter((action): action is Write => action.kind === 'write');
const rateAt = (off: number, over: Partial<Tick> = {}): number =>
  rateOf(writes(stepSystemClock(newSystemClock(OURS), tickOf(off, { ...ours(), ...over })))[0]!.change);

describe('the rate', () => {
  // The line is fast by 10 ppm, and certain from 3 ms before to 5 ms after its estimate.
  it.each([
    { off: milliseconds(0.16), rate: 1e-5 + 1e-5 },
    { off: milliseconds(-1.6), rate: 1e-5 - 1e-4 },
    { off: milliseconds(2.9), rate: 1e-5 + 1e-4 }, // inside: gently
    { off: milliseconds(3.2), rate: 1e-5 + 2e-4 }, // certainly off
    { off: milliseconds(-160), rate: 1e-5 - 1e-2 },
    { off: milliseconds(490), rate: 1e-5 + 0.49 / 16 },
  ])('from $off ns off', ({ off, rate }) => {
    expect(rateAt(off)).toBeCloseTo(rate, 10);
  });

  it('is FASTEST_SLEW at most, with the oscillator’s own error in it', () => {
    expect(rateAt(seconds(10), { mode: 'slew' })).toBeCloseTo(FASTEST_SLEW, 10);
    expect(rateAt(seconds(-10), { mode: 'slew' })).toBeCloseTo(1e-5 - FASTEST_SLEW, 10);
  });

  it('chases nothing that lies within the reading’s own gap', () => {
    // The wall clock was read somewhere in these 0.4 ms, in whose middle it would be 0.2 ms slow.
    expect(rateAt(0, { gap: milliseconds(0.4), ...ours({ maxError: 20_000 }) })).toBeCloseTo(1e-5, 9);
  });
});

describe('a step', () => {
  it.each([
    { off: seconds(0.6), steps: true },
    { off: seconds(-0.6), steps: true },
    { off: seconds(0.502), steps: false }, // the interval reaches 3 ms farther
    { off: milliseconds(490), steps: false },
  ])('from $off ns off: $steps', ({ off, steps }) => {
    for (const mode of ['slew', 'step-and-slew'] as const) {
      const [write] = writes(stepSystemClock(newSystemClock(OURS), tickOf(off, { mode, ...ours() })));
      expect(write?.change.step).toBe(steps && mode === 'step-and-slew' ? off : undefined);
      if (write?.change.step) expect(write.change).toMatchObject({ maxError: 5_000, estError: 1, status: 0 });
    }
  });
});

describe('what the kernel is told', () => {
  const told = (off: number, over: Partial<Tick> = {}) =>
    writes(stepSystemClock(newSystemClock(), tickOf(off, over)))[0]?.change;
  const at = (wall: UnixNanos, leap: 'insert' | 'delete' | 'none', over: Partial<Clock> = {}) => ({
    wall,
    clock: clockOf(BigInt(wall), over, { leap }),
  });

  it('its bound is the farther end, its error the estimate’s', () => {
    expect(told(milliseconds(1))).toMatchObject({ maxError: 6_000, estError: 1_001, status: 0 });
    expect(told(milliseconds(-4))).toMatchObject({ maxError: 7_000, estError: 4_001 });
  });

  it('past 16 s it is unsynchronized, however well we know the time', () => {
    const far = told(seconds(20), { mode: 'slew' });
    expect(far).toMatchObject({ maxError: LIMIT, estError: LIMIT, status: STA_UNSYNC });
  });

  const EVE = unixMillis(Date.parse('2026-12-31T08:00:00Z'));
  it.each([
    { wall: EVE, leap: 'insert', status: STA_INS },
    { wall: EVE, leap: 'delete', status: STA_DEL },
    { wall: EVE, leap: 'none', status: 0 },
    { wall: after(EVE, seconds(-86_400)), leap: 'insert', status: 0 }, // it would come at the end of the host's own day
    { wall: after(EVE, seconds(86_400)), leap: 'insert', status: 0 },
    { wall: unixNanos(NOON), leap: 'insert', status: 0 },
  ] as const)('of a leap second ($leap) on its day alone: $status', ({ wall, leap, status }) => {
    expect(told(0, at(wall, leap))!.status).toBe(status);
  });

  it('TAI where a valid list has it, and not while a leap second is being gone through', () => {
    const leap = { notice: 'none', by: 'list', announced: 'none', taiOffsetSeconds: 37 } as const;
    expect(told(0, at(EVE, 'none', { leap }))!.tai).toBe(37);
    expect(told(0, { ...at(EVE, 'none', { leap }), kernel: ok({ ...FREE, tai: 37 }) })).not.toHaveProperty('tai');
    expect(told(0, at(EVE, 'none'))).not.toHaveProperty('tai');
    const after0 = unixMillis(Date.parse('2027-01-01T00:00:07Z'));
    expect(told(0, at(after0, 'insert', { leap }))).not.toHaveProperty('tai');
  });

  it('nothing new is no word, and what grew by itself is told again after some seconds', () => {
    const state = newSystemClock(OURS);
    const isWritten = (maxError: number) => writes(stepSystemClock(state, tickOf(0, ours({ maxError })))).length;
    expect([6_000, 6_500, 12_500, 13_500].map(isWritten)).toEqual([0, 0, 0, 1]);
  });

  it('its first word ends what others left running', () => {
    const [next, actions] = stepSystemClock(newSystemClock(), tickOf(0));
    expect(actions).toMatchObject([{ kind: 'write', takesOver: true }]);
    const write = actions[0] as Write;
    const made = ok({ ...FREE, ...write.change });
    const [after, keeps] = stepSystemClock(next, {
      kind: 'written',
      now: DRAWN,
      wall: unixNanos(NOON),
      write,
      kernel: made,
    });
    expect(keeps).toMatchObject([{ kind: 'keep', written: { freq: write.change.freq, base: 1e-5 } }]);
    expect(after).toMatchObject({ word: 'tracking', written: { tick: 10_000 } });
  });
});

describe('letting go', () => {
  const slewing = { ...OURS, ...settingFor(0.05) };
  it('ends a slew, unless another has the clock by now', () => {
    const stop = (kernel: KernelClock) =>
      writes(stepSystemClock(newSystemClock(slewing), { kind: 'stop', kernel: ok(kernel) }));
    const grown = { ...slewing, tai: 37, maxError: 9_000 };
    expect(stop(grown).map(({ change }) => change)).toEqual([
      { ...settingFor(1e-5), status: 0, maxError: 9_000, estError: 10 },
    ]);
    expect(stop({ ...grown, freq: 1 })).toEqual([]);
    expect(stepSystemClock(newSystemClock(), { kind: 'stop', kernel: ok(FREE) })).toEqual([newSystemClock(), []]);
  });
});

it('whatever kernel and clock say: no step in `slew`, a setting that every kernel takes, true errors, nothing over another’s', () => {
  const small = fc.integer({ min: 0, max: 20_000_000 });
  const kernels = fc.oneof(
    fc.constant(ok({ ...OURS, tai: 0 })),
    fc.constant(ok(FREE)),
    fc
      .record({
        freq: fc.integer({ min: -500 * 65_536, max: 500 * 65_536 }),
        tick: fc.integer({ min: 9_000, max: 11_000 }),
        status: fc.integer({ min: 0, max: 0xffff }),
        maxError: small,
        estError: small,
        tai: fc.integer({ min: 0, max: 60 }),
      })
      .map((kernel) => ok(kernel)),
    fc.constant(refuse('failed' as const)),
  );
  const ticks = fc.record({
    mode: fc.constantFrom<SystemClockConfig>('slew', 'step-and-slew'),
    off: fc.oneof(fc.integer({ min: -1e7, max: 1e7 }), fc.integer({ min: -5e12, max: 5e12 })),
    early: fc.integer({ min: 0, max: 2e9 }),
    late: fc.integer({ min: 0, max: 2e9 }),
    gap: fc.integer({ min: 0, max: 1e7 }),
    frequency: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
    leap: fc.constantFrom('none', 'insert', 'delete', 'unknown'),
    isKnown: fc.boolean(),
    isSynchronized: fc.boolean(),
    kernel: kernels,
    after: fc.integer({ min: 0, max: 3_000 }),
    isMine: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(ticks, { minLength: 1, maxLength: 12 }), fc.boolean(), (all, hasKept) => {
      let state = newSystemClock(hasKept ? OURS : undefined);
      let now = DRAWN;
      for (const { off, early, late, frequency, leap, isKnown, isMine, gap, after: later, ...one } of all) {
        now = after(now, seconds(later));
        const wall = unixNanos(NOON - BigInt(off));
        const reading = readingOf(NOON, early, late);
        const clock = clockOf(
          NOON,
          { reading, frequency, frequencyBounds: { least: -0.1, greatest: 0.1 }, at: now },
          { leap },
        );
        const seen = isMine && state.written ? ok({ ...state.written, tai: 0 }) : one.kernel;
        const known = isKnown ? clock : undefined;
        const isSynchronized = isKnown && one.isSynchronized;
        const event = {
          ...one,
          kind: 'tick',
          now,
          wall,
          gap: nanos(gap),
          clock: known,
          isSynchronized,
          kernel: seen,
        } as const;
        const [next, actions] = stepSystemClock(state, event);
        expect(writes([next, actions]).length).toBeLessThanOrEqual(1);
        state = next;
        for (const write of writes([next, actions])) {
          const { freq, tick, status, maxError, estError, step, tai } = write.change;
          expect(next.word).not.toBe('owned-by-another');
          if (one.mode === 'slew' || !isSynchronized) expect(step).toBeUndefined();
          expect([freq, tick, status, maxError, estError, step ?? 0, tai ?? 0].every(Number.isSafeInteger)).toBe(true);
          expect(Math.abs(rateOf(write.change))).toBeLessThanOrEqual(0.1 + 1e-9);
          expect((status & STA_UNSYNC) !== 0).toBe(maxError === LIMIT);
          // What the kernel says holds true time, wherever in our interval that is.
          const ends = [off - early - (step ?? 0), off + late - (step ?? 0)].map((end) => Math.abs(end) / 1e3);
          if (isKnown) expect(maxError).toBeGreaterThanOrEqual(Math.min(LIMIT, Math.max(...ends)));
          if (!isKnown) expect(maxError).toBe(LIMIT);
          const kernel = ok({ freq, tick, status, maxError, estError, tai: tai ?? 0 });
          [state] = stepSystemClock(state, { kind: 'written', now, wall, write, kernel });
        }
      }
    }),
  );
});
