/** What a benchmark finds, and how it is printed. */

export type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** Measured in the same run. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** Where it is not that of the two. */
  readonly ratio?: number;
  /** Of the ratio, or of our own figure where there is no peer. */
  readonly aim?: string;
};

/** The upper one of two middles. @throws where there are none. */
export const median = (numbers: readonly number[]): number => {
  const middle = [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
  if (middle === undefined) throw new RangeError('the median of nothing');
  return middle;
};

/** Runs each measurement once a round, in turn, so that what disturbs the machine disturbs all alike. */
export const alternate = async <Name extends string, Found>(
  rounds: number,
  measurements: Readonly<Record<Name, () => Promise<Found>>>,
): Promise<Readonly<Record<Name, readonly Found[]>>> => {
  const names = Object.keys(measurements) as Name[];
  const found = Object.fromEntries(names.map((name) => [name, [] as Found[]])) as Record<Name, Found[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) found[name].push(await measurements[name]());
  }
  return found;
};

const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A row for each figure, its columns aligned. */
export const table = (figures: readonly Figure[]): string => {
  const rows = [
    ['', 'ours', 'peer', 'ratio', 'aim'],
    ...figures.map(({ name, unit, ours, peer, ratio, aim = '' }) => [
      `${name}, ${unit}`,
      threeDigits.format(ours),
      peer ? `${threeDigits.format(peer.value)} ${peer.name}` : '',
      peer?.value ? (ratio ?? ours / peer.value).toFixed(2) : '',
      aim,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
