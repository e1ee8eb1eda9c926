/** The line of chrony.conf that tells chronyd what it cannot be told over the socket: how far off a sample may be. */

/**
 * A source that has given nothing in eight polls counts as gone, and in the long run answers stand a minute apart. Of those
 * that come faster at the start chronyd takes one each poll, and needs three.
 */
const POLL_LOG2_S = 4;

/** @param boundMs - of a sample. chronyd takes half of `delay` for the greatest error. */
export const chronyLine = (path: string, boundMs: number): string =>
  `refclock SOCK ${path} refid NOON poll ${POLL_LOG2_S} filter 1 precision 1e-3 delay ${twoDigitsUp((2 * boundMs) / 1e3)}`;

const twoDigitsUp = (value: number): number => {
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / step) * step).toPrecision(2));
};
