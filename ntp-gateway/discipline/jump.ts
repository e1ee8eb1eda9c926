/** A4: a clock of this host that jumps is noticed: at each event, so at least once a second. */
import { after, between, type MonoNanos, milliseconds, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';

/** The clocks of the host, read together. */
export type Look = {
  readonly now: MonoNanos;
  readonly wall: UnixNanos;
  /** How long the host has slept since it started; absent where its kernel does not say. */
  readonly slept?: Nanos;
};

export type HostClocks = {
  /** The oscillator: monotonic, free-running, standing still while the host sleeps. */
  readonly mono: () => MonoNanos;
  readonly wall: () => UnixNanos;
  /** As in `Look`. What comes between its own readings may make it too small, never too large. */
  readonly slept?: () => Nanos;
};

/** Readings this close were taken together. */
const CLOSE = milliseconds(1);
const TRIES = 4;

type Within = { readonly look: Look; readonly gap: Nanos; readonly middle: MonoNanos };

/**
 * Reads the other clocks between two readings of the oscillator, and again where something came between them: a process
 * that was held up for 0.1 s would seem to have seen a jump.
 *
 * @returns with `gap`: how long after `look.now` the others were read at most; and `middle`: when the wall clock was, about.
 */
export const takeLookWithin = ({ mono, wall, slept }: HostClocks): Within => {
  const once = () => {
    const [now, read, then] = [mono(), wall(), mono()];
    const look = { now, wall: read, ...(slept && { slept: slept() }) };
    return { look, gap: between(now, mono()), middle: after(now, nanos(between(now, then) / 2)) };
  };
  let best = once();
  for (let tries = 1; best.gap > CLOSE && tries < TRIES; tries++) {
    const next = once();
    if (next.gap < best.gap) best = next;
  }
  return best;
};

/** `now` is when the wall clock was most likely read: [local] draws a line through both. */
export const takeLook = (clocks: HostClocks): Look => {
  const { look, middle } = takeLookWithin(clocks);
  return { ...look, now: middle };
};

export type JumpReason = 'slept' | 'wall-set' | 'clocks-parted' | 'went-back';
export type Jump = { readonly reason: JumpReason; readonly by: Nanos };

/** Each in words, for the operator. */
export const JUMPS: Record<JumpReason, string> = {
  slept: 'the host slept for',
  'wall-set': 'the wall clock was set by',
  'clocks-parted': 'the oscillator and the wall clock parted: the host slept or one was set, by',
  'went-back': "the oscillator's reading went back by",
};

/** The wall clock is no guide to time: where it alone was set, all that is known still stands. */
export const isHarmless = ({ reason }: Jump): boolean => reason === 'wall-set';

const JUMP = milliseconds(100);
/** No time daemon slews the wall clock faster than this ratio (chronyd's limit is 0.083). */
const FASTEST_SLEW = 0.1;

/**
 * What happened between two looks, if it is more than time passing. Two clocks of one host only part when one of them was
 * set or stood still in a sleep; which of these it was can be told where the kernel counts its sleeps.
 */
export const findJump = (last: Look, { now, wall, slept }: Look): Jump | undefined => {
  const elapsed = between(last.now, now);
  if (elapsed < 0) return { reason: 'went-back', by: nanos(-elapsed) };
  const told = slept !== undefined && last.slept !== undefined;
  const asleep = told ? nanos(slept - last.slept) : nanos(0);
  if (asleep > CLOSE) return { reason: 'slept', by: asleep };
  const by = nanos(between(last.wall, wall) - elapsed);
  if (Math.abs(by) <= JUMP + FASTEST_SLEW * elapsed) return undefined;
  return { reason: told ? 'wall-set' : 'clocks-parted', by };
};

/** What the next look is compared with. A reading of `slept` that was held up is too small: the greater one stands. */
export const keepLook = (last: Look | undefined, look: Look): Look =>
  last?.slept !== undefined && look.slept !== undefined && last.slept > look.slept
    ? { ...look, slept: last.slept }
    : look;
