/** This device's clocks, in a browser, one of its workers, or Node. */
import type { Device, Look } from './estimate.ts';

/** Some 5 ms of nothing else. */
const MOST_READINGS = 100_000;
/** As coarse as any browser makes its clocks: Firefox with `privacy.resistFingerprinting`. */
const COARSEST = 100;

export const lookAtClocks = (): Look => ({ from: performance.now(), wall: Date.now(), to: performance.now() });

/** Browsers blur their clocks to hinder attacks by timing, each as it likes: the least step that is seen is what they blur by. */
export const judgeDevice = (read: () => number = () => performance.now()): Device => {
  const first = read();
  for (let count = 0; count < MOST_READINGS; count++) {
    const blur = read() - first;
    if (blur > 0) return { blur, step: Math.max(blur, 1) };
  }
  return { blur: COARSEST, step: COARSEST };
};
