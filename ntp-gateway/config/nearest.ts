/** "Did you mean": for a word that is not known, the known one that was probably meant. */

/** More changes than these, and it is another word. */
const MOST_CHANGES = 2;

/** @returns undefined where nothing is near: at most one change in three letters, and never more than two. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const limit = Math.min(MOST_CHANGES, Math.max(1, Math.floor(word.length / 3)));
  const [best] = known
    .filter((one) => Math.abs(one.length - word.length) <= limit)
    .map((one) => ({ one, changes: distance(word, one) }))
    .filter(({ changes }) => changes <= limit)
    .sort((a, b) => a.changes - b.changes);
  return best?.one;
};

/** Levenshtein's: letters to insert, delete or replace to make `b` of `a`. One row of the table at a time. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
};
