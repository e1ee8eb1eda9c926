/** Lengths of time and counts, for people: as the command line has them, but printed. */
import {
  boundText as plainBound,
  fastText as plainFast,
  lengthText as plainText,
  secondsText,
  signedText,
} from '../figures.ts';

/** A unit stays on the line of its number. */
const printed = (text: string): string => text.replace('-', '−').replace(' ', '\u00a0');

/** "−0.4 ms", "+2.01 s". */
export const offsetText = (ms: number): string => printed(signedText(ms));

export const lengthText = (ms: number): string => printed(plainText(ms));

export const boundText = (ms: number): string => printed(plainBound(ms));

export const fastText = (ms: number): string => printed(plainFast(ms));

export const durationText = (seconds: number): string => printed(secondsText(Math.max(0, Math.round(seconds))));

export const agoText = (seconds: number): string => `${durationText(seconds)}\u00a0ago`;

export const countText = (count: number): string => count.toLocaleString('en-GB');

/** A moment of the day in UTC. */
export const clockText = (unixSeconds: number): string => new Date(unixSeconds * 1e3).toISOString().slice(11, 19);

export const plural = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;
