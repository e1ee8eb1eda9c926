/** Numbers spread over a range. `fc.double` draws bit patterns: of 0 to 400, nine in ten are below a millionth. */
import fc from 'fast-check';

const PARTS = 1e9;

export const evenly = ({ min, max }: { readonly min: number; readonly max: number }): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: PARTS }).map((part) => (part === PARTS ? max : min + ((max - min) * part) / PARTS));
