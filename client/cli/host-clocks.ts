/** This host's clocks, in ms, as every command reads them. */
import type { Device, Look } from '../estimate.ts';

const native = await import('#native/clocks.ts').catch(() => undefined);
const raw = native?.openClock(native.CLOCK_MONOTONIC_RAW);

/**
 * Of the bare oscillator, where koffi is there to read it: a time daemon that has far to go slews every other clock of the
 * host, chronyd by up to 8 %, which is more than any estimate here allows for.
 */
export const readMonotonic: () => number = raw ? () => Number(raw()) / 1e6 : () => performance.now();

const real = native?.openClock(native.CLOCK_REALTIME);
/** Something stands between a program and its clock, such as libfaketime, that the call does not go through. */
const isOther = !real || Math.abs(Number(real()) / 1e6 - Date.now()) > 100;
/** `Date.now()` counts whole ms: what is known of a clock that is slewed meanwhile would be off by as much. */
const readWall: () => number = isOther ? () => Date.now() : () => Number(real()) / 1e6;

const [monotonic, boot] =
  native && process.platform === 'linux'
    ? [native.openClock(native.CLOCK_MONOTONIC), native.openClock(native.CLOCK_BOOTTIME)]
    : [];
/** As the kernel counts it: a wall clock that chronyd slews by several percent is no sleep. */
const readSlept = raw && monotonic && boot ? () => Number(boot() - monotonic()) / 1e6 : undefined;

export const hostClocks: Device & { readonly look: () => Look } = {
  blur: 0.001,
  step: isOther ? 1 : 0.001,
  look: () => ({
    from: readMonotonic(),
    wall: readWall(),
    to: readMonotonic(),
    ...(readSlept && { slept: readSlept() }),
  }),
};
