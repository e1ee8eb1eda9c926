/** Which line of the pictures is whose: a source keeps its colour for as long as it is asked. */

/** As many as page.css has. */
const COLOURS = 8;

/** @param ids - those beyond the colours there are get none, and no line. */
export const coloursFor = (
  before: ReadonlyMap<string, number>,
  ids: readonly string[],
): ReadonlyMap<string, number> => {
  const kept = new Map([...before].filter(([id]) => ids.includes(id)));
  const free = Array.from({ length: COLOURS }, (_, i) => i).filter((i) => ![...kept.values()].includes(i));
  for (const id of ids) if (!kept.has(id) && free.length > 0) kept.set(id, free.shift()!);
  return kept;
};
