/** What the page says of this device's clock. */
import type { Skew } from '../estimate.ts';
import { put } from './elements.ts';
import { boundText, lengthText, stepOf } from './lengths.ts';

/** @returns the same in one sentence, for who does not see the picture. */
export const showDeviceError = (skew: Skew | undefined): string => {
  const { statement, certainty } = skew
    ? describe(skew)
    : { statement: 'Not known yet', certainty: 'until the next answer' };
  put('skew', statement);
  put('skew-bound', certainty);
  return `${statement}: ${certainty}.`;
};

const describe = ({ earliest, offset, latest }: Skew) => {
  const boundOf = (shown: number): number => Math.max(latest - shown, shown - earliest);
  if (earliest <= 0 && 0 <= latest)
    return {
      statement: 'Right, as far as can be told from here',
      certainty: `certain to within ${boundText(boundOf(0))}`,
    };
  const step = stepOf(offset, boundOf(offset));
  const shown = Math.round(offset / step) * step; // the bound is of what stands there, not of what was rounded
  return {
    statement: `${lengthText(shown, step)} ${shown > 0 ? 'slow' : 'fast'}`,
    certainty: `certain to within ${boundText(boundOf(shown))}`,
  };
};
