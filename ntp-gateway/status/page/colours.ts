/** Which line of the pictures is whose: a source keeps its colour for as long as it is asked. */
import type { Sources } from '../sources.ts';

/** As many as page.css has. */
const COLOURS = 8;

/** Those who are selected first; those beyond the colours there are get none, and no line. */
export const coloursFor = (before: ReadonlyMap<string, number>, sources: Sources): ReadonlyMap<string, number> => {
  const asked = sources.filter((source) => 'reach' in source);
  const isSelected = ({ state }: Sources[number]): number => Number(state === 'selected');
  const ids = asked.toSorted((a, b) => isSelected(b) - isSelected(a)).map(({ id }) => id);
  const kept = new Map([...before].filter(([id]) => ids.includes(id)));
  const free = Array.from({ length: COLOURS }, (_, i) => i).filter((i) => ![...kept.values()].includes(i));
  for (const id of ids) if (!kept.has(id) && free.length > 0) kept.set(id, free.shift()!);
  return kept;
};
