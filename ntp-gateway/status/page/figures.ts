/** Lengths of time and counts, for people: as the command line has them, but printed. */
import { milliseconds } from '#contract/time.ts';
import { roundDuration } from '#contract/units.ts';
import { lengthText as plainText, secondsText, signedText } from '../figures.ts';

/** A unit stays on the line of its number. */
const printed = (text: string): string => text.replace('-', '−').replace(' ', '\u00a0');

/** "−0.4 ms", "+2.01 s". */
export const offsetText = (ms: number): string => printed(signedText(ms));

export const lengthText = (ms: number): string => printed(plainText(ms));

/** Never less than it is. */
export const boundText = (ms: number): string =>
  printed(plainText(ms < 1 ? Math.ceil(ms * 1e3) / 1e3 : roundDuration(milliseconds(ms), Math.ceil) / 1e6));

/** Of a clock less ours. */
export const fastText = (ms: number): string =>
  ms === 0 ? 'on time' : `${lengthText(Math.abs(ms))} ${ms > 0 ? 'fast' : 'slow'}`;

export const durationText = (seconds: number): string => printed(secondsText(Math.max(0, Math.round(seconds))));

export const agoText = (seconds: number): string => `${durationText(seconds)}\u00a0ago`;

export const countText = (count: number): string => count.toLocaleString('en-GB');

/** A moment of the day in UTC. */
export const clockText = (unixSeconds: number): string => new Date(unixSeconds * 1e3).toISOString().slice(11, 19);

export const plural = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;
