/** What the page says of this device's clock. */
import type { Skew } from '../estimate.ts';
import { boundText, errorOf } from '../lengths.ts';
import { put } from './elements.ts';

/** @returns the same in one sentence, for who does not see the picture. */
export const showDeviceError = (skew: Skew | undefined): string => {
  const { statement, certainty } = skew
    ? describe(skew)
    : { statement: 'Not known yet', certainty: 'until the next answer' };
  put('skew', statement);
  put('skew-bound', certainty);
  return `${statement}: ${certainty}.`;
};

const describe = (skew: Skew) => {
  const { earliest, latest } = skew;
  if (earliest <= 0 && 0 <= latest)
    return {
      statement: 'Right, as far as can be told from here',
      certainty: `certain to within ${boundText(Math.max(latest, -earliest))}`,
    };
  const { text, bound } = errorOf(skew);
  return { statement: text, certainty: `certain to within ${bound}` };
};
