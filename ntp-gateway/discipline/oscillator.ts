/** A3: how far our oscillator's frequency can be from what it was measured to be. All sources share the one oscillator. */
import { between, type MonoNanos, type Nanos, nanos, seconds } from '#contract/time.ts';

/** How fast UTC may pass against our oscillator, less one, as a ratio: 1e-6 is one ppm, positive means ours is slow. */
export type FrequencyBounds = { readonly least: number; readonly greatest: number };

/** What was known of the frequency at a moment, and of its random walk, ns/s per √s. */
export type KnownFrequency = FrequencyBounds & { readonly at: MonoNanos; readonly wander: number };

/** What is assumed of our oscillator, and what is known of it besides. */
export type Oscillator = {
  /** A ratio that it never exceeds. */
  readonly maxDrift: number;
  /** What a majority of the sources, or an earlier run, has found; holds at `at`. */
  readonly known?: KnownFrequency;
  /** What it was in an earlier life, ratios: a guess for the best estimate, and no bound. */
  readonly expected?: { readonly frequency: number; readonly deviation: number };
};

/** The declared wander: a crystal in a room keeps its frequency within this for a day. chrony's `maxclockerror` is the same. */
const DECLARED = 1e-6;
const HOUR = 3_600;
const DAY = 24 * HOUR;
/** Standard deviations of a random walk, where one was measured that says more than what is declared. */
const DEVIATIONS = 5;

/**
 * How far the frequency at any moment within `age` after a span may lie from its mean over the span, as a ratio. Declared:
 * a random walk's growth in the first hour, then none for a day. Measured: a random walk of deviation q per √s ends
 * q·√(span / 3) from its mean, and goes on from there.
 *
 * @param measured - q as a source's replies show it, ns/s per √s.
 */
export const wanderOver = (span: Nanos, age: Nanos, measured: number): number => {
  const all = Math.max(0, span + age) / 1e9;
  const declared = DECLARED * Math.max(Math.min(1, Math.sqrt(all / HOUR)), Math.sqrt(all / DAY));
  return Math.max(declared, DEVIATIONS * measured * 1e-9 * Math.sqrt((span / 3 + age) / 1e9));
};

export const within = (drift: number): FrequencyBounds => ({ least: -drift, greatest: drift });

export const narrower = (a: FrequencyBounds, b: FrequencyBounds): FrequencyBounds | undefined => {
  const both = { least: Math.max(a.least, b.least), greatest: Math.min(a.greatest, b.greatest) };
  return both.least <= both.greatest ? both : undefined;
};

/** A line is read for this long before it is drawn anew, at most; the wander over that is reckoned in. */
export const READ_AHEAD: Nanos = seconds(16);

/** What is known besides a source's own replies, for all moments from `since` to shortly after `now`. */
export const boundsFromElsewhere = (
  { maxDrift, known }: Oscillator,
  since: MonoNanos,
  now: MonoNanos,
  measured: number,
): FrequencyBounds => {
  if (!known) return within(maxDrift);
  const span = Math.max(between(since, known.at), between(known.at, now));
  const wander = wanderOver(nanos(0), nanos(span + READ_AHEAD), Math.max(measured, known.wander));
  const widened = { least: known.least - wander, greatest: known.greatest + wander };
  return narrower(widened, within(maxDrift)) ?? within(maxDrift);
};

/** With what a majority has just found, where that is more than what is known by now, or contradicts it. */
export const learnt = (oscillator: Oscillator, found: KnownFrequency, now: MonoNanos): Oscillator => {
  const aged = boundsFromElsewhere(oscillator, now, now, found.wander);
  const isMore = found.greatest - found.least < aged.greatest - aged.least;
  return isMore || !narrower(found, aged) ? { ...oscillator, known: found } : oscillator;
};

/** After a reply that it rules out: the frequency is not what it was, and has to be bounded anew. */
export const disproved = ({ known: _, ...others }: Oscillator): Oscillator => others;

/** How far the frequency may be from what it was in another life, as a ratio: one standard deviation. */
export const DOUBT = 5e-6;

/** After a sleep, through which it cooled: what was known is only likely. */
export const doubted = ({ maxDrift, known, expected }: Oscillator): Oscillator => {
  const likely = known ? { frequency: (known.least + known.greatest) / 2, deviation: DOUBT } : expected;
  return { maxDrift, ...(likely && { expected: likely }) };
};
