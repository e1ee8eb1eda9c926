/** The clocks by which the kernel's stamps are understood, in the order that protocol/kernel-stamps.ts asks for. */
import { type ClockWords, openClockWords } from '#native/clock-words.ts';
import { CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME } from '#native/clocks.ts';

export const openStampClocks = (): ClockWords =>
  openClockWords([CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC]);

/** Of these. */
export const RAW_CLOCK = 2;
