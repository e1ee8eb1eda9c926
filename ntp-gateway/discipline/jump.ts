/** A4: a clock of this host that jumps is noticed: at each event, so at least once a second. */
import { between, type MonoNanos, milliseconds, type UnixNanos } from '#contract/time.ts';

/** Both clocks of the host, read together. */
export type Look = { readonly now: MonoNanos; readonly wall: UnixNanos };

/** Readings this close were taken together. */
const CLOSE = milliseconds(1);
const TRIES = 4;

/**
 * Reads the wall clock between two readings of the oscillator, and again where something came between them: a process
 * that was held up for 0.1 s would seem to have seen a jump.
 */
export const takeLook = (mono: () => MonoNanos, wall: () => UnixNanos): Look => {
  const once = (): Look & { readonly gap: number } => {
    const [now, wallNow, after] = [mono(), wall(), mono()];
    return { now, wall: wallNow, gap: between(now, after) };
  };
  let best = once();
  for (let tries = 1; best.gap > CLOSE && tries < TRIES; tries++) {
    const next = once();
    if (next.gap < best.gap) best = next;
  }
  return { now: best.now, wall: best.wall };
};

const JUMP = milliseconds(100);
/** No time daemon slews the wall clock faster than this ratio (chronyd's limit is 0.083). */
const FASTEST_SLEW = 0.1;

/**
 * The wall clock is no guide to time; but two clocks of one host only part when one of them was set, or stood still
 * while the host slept.
 */
export const hasJumped = (last: Look, { now, wall }: Look): boolean => {
  const elapsed = between(last.now, now);
  return elapsed < 0 || Math.abs(between(last.wall, wall) - elapsed) > JUMP + FASTEST_SLEW * elapsed;
};
