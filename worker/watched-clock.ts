/** Our clock, and a word where it may have jumped since it was read last. */

/** Not read for longer than so many times `REFRESH_S`: it may have jumped as far, which is not told from that. */
const LONGEST_UNREAD = 2;
/** It may go back by a little where requests take turns, each with a reading of its own. */
const MOST_BACK_MS = 1_000;

/** @param doubt - what was known by the clock says nothing until it has been held against another. */
export const watchClock = (clock: () => number, refreshMs: number, doubt: () => void): (() => number) => {
  let latestUnixMs: number | undefined;
  return () => {
    const nowUnixMs = clock();
    const passedMs = nowUnixMs - (latestUnixMs ?? nowUnixMs);
    if (passedMs > LONGEST_UNREAD * refreshMs || passedMs < -MOST_BACK_MS) doubt();
    latestUnixMs = nowUnixMs;
    return nowUnixMs;
  };
};
