/** How often each thing happened, counted in shared memory by the thread to which it does. */

export type WordCounters = Float64Array<SharedArrayBuffer>;

export const newWordCounters = (words: readonly string[]): WordCounters =>
  new Float64Array(new SharedArrayBuffer(words.length * Float64Array.BYTES_PER_ELEMENT));

export const countWord = <Word extends string>(
  words: readonly Word[],
  counters: Float64Array,
  word: Word,
  times = 1,
): void => {
  counters[words.indexOf(word)]! += times;
};

/** By word; those that never happened are left out. */
export const countersByWord = (words: readonly string[], counters: Float64Array): Readonly<Record<string, number>> =>
  Object.fromEntries(words.map((word, i) => [word, counters[i]!] as const).filter(([, times]) => times > 0));
