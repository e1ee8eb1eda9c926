/**
 * How often something is tried that callers can bring about: soon at first, then ever more seldom, and soon again when it
 * has not been tried for twice the longest wait.
 *
 * @returns whether it may be tried now; if so, it counts as tried.
 */
export const createBackOff = (leastMs: number, mostMs: number) => {
  let triedUnixMs: number | undefined;
  let waitMs = leastMs;
  return (nowUnixMs: number): boolean => {
    const passedMs = triedUnixMs === undefined ? Number.POSITIVE_INFINITY : Math.abs(nowUnixMs - triedUnixMs);
    if (passedMs < waitMs) return false;
    waitMs = passedMs >= 2 * mostMs ? leastMs : Math.min(2 * waitMs, mostMs);
    triedUnixMs = nowUnixMs;
    return true;
  };
};
