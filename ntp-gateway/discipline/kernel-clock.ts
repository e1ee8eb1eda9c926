/** The kernel's system clock as adjtimex(2) has it, in the kernel's units, and its rate as a ratio. */
import type { Nanos } from '#contract/time.ts';

export type KernelClock = {
  /** 2^-16 ppm by which it is made faster than the oscillator, ±500 ppm. */
  readonly freq: number;
  /** µs in a hundredth of a second: 10 000, or a tenth more or less. */
  readonly tick: number;
  /** STA_ bits. */
  readonly status: number;
  /** µs by which it may be off at most; the kernel adds 500 each second, up to `LIMIT`. */
  readonly maxError: number;
  readonly estError: number;
  /** TAI − UTC in s; 0 where nobody has said. */
  readonly tai: number;
};

/** What is written, all at once. `tai` where it is known, `step` where the clock is to be set, positive: ahead. */
export type KernelChange = Omit<KernelClock, 'tai'> & { readonly tai?: number; readonly step?: Nanos };

/** Why there is nothing to read, or nothing was written. */
export type KernelRefusal = 'no-raw-clock' | 'unsupported' | 'not-permitted' | 'failed';

/** NTP_PHASE_LIMIT, µs: as far off as the kernel can say. There `STA_UNSYNC` is set by itself. */
export const LIMIT = 16_000_000;

export const STA_INS = 0x0010;
export const STA_DEL = 0x0020;
export const STA_UNSYNC = 0x0040;
/** Those that programs write; the others are the kernel's own words. */
const WRITABLE = 0x00ff;

export const writable = (status: number): number => status & WRITABLE;

const NOMINAL_TICK = 10_000;
const FREQ_UNIT = 1e-6 / 65_536;
/** What `freq` alone reaches. */
export const FREQ_REACH = 5e-4;

/** How much faster than the oscillator it runs, as a ratio. */
export const rateOf = ({ freq, tick }: Pick<KernelClock, 'freq' | 'tick'>): number =>
  freq * FREQ_UNIT + (tick - NOMINAL_TICK) / NOMINAL_TICK;

/** @param rate - within ±0.1. The tick, of 100 ppm, is let be where `freq` reaches. */
export const settingFor = (rate: number): Pick<KernelClock, 'freq' | 'tick'> => {
  const ticks = Math.abs(rate) <= FREQ_REACH ? 0 : Math.round(rate * NOMINAL_TICK);
  return { tick: NOMINAL_TICK + ticks, freq: Math.round((rate - ticks / NOMINAL_TICK) / FREQ_UNIT) };
};
