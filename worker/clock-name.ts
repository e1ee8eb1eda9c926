/**
 * The name of a clock, for as long as what it read says something of what it reads now.
 *
 * A clock that goes back was set, and gets another name: bounds that were told by it before would be off by as much, and
 * each sample would look as if it came from the future.
 *
 * @param mostMs - how far it may go back without that, since a reading may be late.
 */
export const createClockName = (makeName: () => string, mostMs: number) => {
  let name = makeName();
  let latestUnixMs = Number.NEGATIVE_INFINITY;
  return (nowUnixMs: number): string => {
    const isSet = nowUnixMs < latestUnixMs - mostMs;
    if (isSet) name = makeName();
    latestUnixMs = isSet ? nowUnixMs : Math.max(latestUnixMs, nowUnixMs);
    return name;
  };
};
