/** How much may be signed, whoever asks for it: a bucket that so many drip into each second, and that holds no more than `burst`. */
import { between, type MonoNanos } from '#contract/time.ts';

/** @returns whether one more may be signed now. A clock that goes back brings nothing. */
export const openSignatureBudget = (perSecond: number, burst: number): ((now: MonoNanos) => boolean) => {
  let left = burst;
  let last: MonoNanos | undefined;
  return (now) => {
    const passed = last === undefined ? 0 : Math.max(0, between(last, now));
    left = Math.min(burst, left + (passed / 1e9) * perSecond);
    last = now;
    if (left < 1) return false;
    left--;
    return true;
  };
};
