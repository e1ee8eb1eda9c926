/**
 * How far one clock is ahead of another, between two limits that part as time goes on. Lengths and readings in ms.
 *
 * Each limit is a line: it holds as it was learnt at one reading of our clock, and moves outwards by `drift` from there. Lines
 * of one slope never cross, so the tightest of all that were ever learnt is one, and nothing else has to be kept.
 */

/** More than any quartz runs off, and as much as a kernel slews its clock by. */
export const DRIFT = 500e-6;

/** Their reading − ours ≥ or ≤ `apart`, as ours read `at`. */
type Limit = { readonly apart: number; readonly at: number };
export type Corridor = { readonly low: Limit; readonly high: Limit };

export const lowAt = ({ low }: Corridor, at: number, drift: number): number =>
  low.apart - Math.abs(at - low.at) * drift;
export const highAt = ({ high }: Corridor, at: number, drift: number): number =>
  high.apart + Math.abs(at - high.at) * drift;
export const middleAt = (corridor: Corridor, at: number, drift: number): number =>
  (lowAt(corridor, at, drift) + highAt(corridor, at, drift)) / 2;

/** @returns an empty one (low above high) where what is new contradicts what is known. */
export const narrow = (known: Corridor | undefined, { low, high }: Corridor, drift: number): Corridor => ({
  low: known && lowAt(known, low.at, drift) > low.apart ? known.low : low,
  high: known && highAt(known, high.at, drift) < high.apart ? known.high : high,
});

export const isEmpty = (corridor: Corridor, at: number, drift: number): boolean =>
  lowAt(corridor, at, drift) > highAt(corridor, at, drift);
