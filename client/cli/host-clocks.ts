/** This host's clocks, in ms, as every command reads them. */
import type { Device, Look } from '../estimate.ts';

const native = await import('#native/clocks.ts').catch(() => undefined);
const raw = native?.openClock(native.CLOCK_MONOTONIC_RAW);

/**
 * Of the bare oscillator, where koffi is there to read it: a time daemon that has far to go slews every other clock of the
 * host, chronyd by up to 8 %, which is more than any estimate here allows for.
 */
export const readMonotonic: () => number = raw ? () => Number(raw()) / 1e6 : () => performance.now();

export const hostClocks: Device & { readonly look: () => Look } = {
  blur: 0.001,
  step: 1,
  look: () => ({ from: readMonotonic(), wall: Date.now(), to: readMonotonic() }),
};
