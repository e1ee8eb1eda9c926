/** Where a served line lies for the threads that answer: shared memory, in which who draws the clock writes line after line. */
import type { ServedLine } from './served-line.ts';

/** The order in which a line lies in memory. */
const FIELDS = [
  'atSeconds',
  'atNanos',
  'seconds',
  'nanos',
  'frequency',
  'slew',
  'slewRate',
  'early',
  'late',
  'earlyGrowth',
  'lateGrowth',
  'guardFrom',
  'guardEarly',
  'guardLate',
  'limit',
  'leap',
  'stratum',
  'referenceId',
  'referenceSeconds',
  'referenceFraction',
  'rootDelay',
  'precision',
  'epoch',
] as const satisfies readonly (keyof ServedLine)[];

/**
 * So many lines, written in turn. A line stays as it is until `SLOTS` − 1 more were written, so whoever reads one has
 * long enough for it on any machine; and finds out, should it have been asleep for that long.
 */
const SLOTS = 8;
const HEAD = 8; // int32: how many lines were written so far; and room, so that doubles lie on their boundary

export const newLineMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(HEAD + SLOTS * FIELDS.length * Float64Array.BYTES_PER_ELEMENT);

/** One thread alone may write into a memory. */
export const writeLine = (memory: SharedArrayBuffer, line: ServedLine): void => {
  const written = new Int32Array(memory, 0, 1);
  const next = (Atomics.load(written, 0) + 1) | 0;
  const slot = new Float64Array(memory, HEAD + slotOf(next) * 8, FIELDS.length);
  for (let i = 0; i < FIELDS.length; i++) slot[i] = line[FIELDS[i]!];
  Atomics.store(written, 0, next);
};

/** In doubles. */
const slotOf = (count: number): number => (count & (SLOTS - 1)) * FIELDS.length;

export type LineReader = {
  /** The line that was last read; all fields are 0 before the first. */
  readonly line: { -readonly [Field in keyof ServedLine]: number };
  /** Reads the newest line, unless it is `line` already. @returns how many were written so far, as int32. */
  readonly refresh: () => number;
};

export const readerOf = (memory: SharedArrayBuffer): LineReader => {
  const written = new Int32Array(memory, 0, 1);
  const slots = new Float64Array(memory, HEAD);
  const line = Object.fromEntries(FIELDS.map((field) => [field, 0])) as LineReader['line'];
  let known = 0;
  const refresh = (): number => {
    for (let newest = Atomics.load(written, 0); newest !== known; newest = Atomics.load(written, 0)) {
      copy(slots, slotOf(newest), line);
      if (((Atomics.load(written, 0) - newest) | 0) < SLOTS - 1) known = newest;
    }
    return known;
  };
  return { line, refresh };
};

const copy = (slots: Float64Array, from: number, line: LineReader['line']): void => {
  for (let i = 0; i < FIELDS.length; i++) line[FIELDS[i]!] = slots[from + i]!;
};
