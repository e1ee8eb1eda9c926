/** Several edges' words about one instant of this host's monotonic clock: which of them cannot both be true. */
import { DRIFT } from '../corridor.ts';
import type { Reading } from '../estimate.ts';

/** @param reading - of some instant in `ms` before. @returns what it says of the instant at the end of that. */
export const carry = ({ earliest, time, latest }: Reading, ms: number): Reading => ({
  earliest,
  time: time + ms / 2,
  latest: latest + ms * (1 + DRIFT),
});

/** @returns the places of all with which that at `place` has no time in common. Undefined contradicts nothing. */
export const contradictionsOf = (place: number, readings: readonly (Reading | undefined)[]): readonly number[] => {
  const one = readings[place];
  return readings.flatMap((other, there) =>
    one && other && (one.latest < other.earliest || other.latest < one.earliest) ? [there] : [],
  );
};

/** In ms, of the best guesses: from the first to the last. */
export const spreadOf = (readings: readonly Reading[]): number => {
  const times = readings.map(({ time }) => time);
  return times.length > 0 ? Math.max(...times) - Math.min(...times) : 0;
};
