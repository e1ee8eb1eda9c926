/** A host's clocks: an oscillator that drifts and stands still while the host does, and a wall clock that is set by others. */
import { after, between, type MonoNanos, monoNanos, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import type { Oscillator } from './oscillator.ts';
import type { Timeline } from './timeline.ts';

const MONO_START = 1_000_000_000n;

export type Host = ReturnType<typeof makeHost>;

export const makeHost = (timeline: Timeline, { lost, frequency }: Oscillator, wallAtStart: Nanos) => {
  const { now, at } = timeline;
  const start = now();
  let wallOffset = wallAtStart;
  /** Until when the host stands still: it hears and does nothing, while the network goes on. */
  let awakeAt = start;
  let stoodStill = 0;
  let slept = nanos(0);

  const nextAwake = (): UnixNanos => (now() < awakeAt ? awakeAt : now());
  /** Monotone, for it never loses a whole ns in one. */
  const mono = (): MonoNanos => {
    const ran = nanos(between(start, nextAwake()) - stoodStill);
    return monoNanos(MONO_START + BigInt(ran) - BigInt(Math.round(lost(ran))));
  };
  /** For what happens to the host itself: not before it is awake. */
  const whenAwake = (time: UnixNanos, fire: () => void): (() => void) => {
    let cancel = at(time, () => {
      if (now() >= awakeAt) fire();
      else cancel = whenAwake(awakeAt, fire);
    });
    return () => cancel();
  };
  /** A wait by the oscillator: where that has stood still or become slower, what is left is waited for again. */
  const timer = (until: MonoNanos, fire: () => void): (() => void) => {
    const wait = nanos(Math.ceil(between(mono(), until) / (1 - frequency())));
    let cancel = whenAwake(after(now(), wait), () => {
      if (mono() >= until) fire();
      else cancel = timer(until, fire);
    });
    return () => cancel();
  };
  /** It wakes 1 ns later, so that whoever looks then sees it before it has noticed. @returns how long it stood still. */
  const standStill = async (length: Nanos): Promise<Nanos> => {
    const [from, until] = [nextAwake(), after(now(), length)];
    awakeAt = after(until, nanos(1));
    const stood = between(from, awakeAt);
    stoodStill += stood;
    await timeline.advance(until);
    return stood;
  };

  return {
    mono,
    wall: (): UnixNanos => after(now(), wallOffset),
    slept: () => slept,
    whenAwake,
    timer,
    /** True time, the network and the wall clock go on. */
    suspend: async (length: Nanos): Promise<void> => {
      const stood = await standStill(length);
      slept = nanos(slept + stood);
    },
    /** It is moved to another machine: its wall clock stands still too. */
    migrate: async (length: Nanos): Promise<void> => {
      const stood = await standStill(length);
      wallOffset = nanos(wallOffset - stood);
    },
    stepWall: (by: Nanos): void => {
      wallOffset = nanos(wallOffset + by);
    },
  };
};
