/** What stands in a table of measurements: each line of values by the names of the last header before it. */
export type TableRow = Readonly<Record<string, string>>;

/** @throws where a line has another number of columns than its header. */
export const tableRows = (text: string): readonly TableRow[] => {
  let names: readonly string[] = [];
  return text.split('\n').flatMap((line) => {
    const values = line.trim().split(/ +/);
    if (line.startsWith('#')) names = line.slice(1).trim().split(/ +/);
    if (line === '' || line.startsWith('#')) return [];
    if (values.length !== names.length) throw new Error(`not as wide as its header: ${line}`);
    return [Object.fromEntries(names.map((name, i) => [name, values[i]!]))];
  });
};
