/** What `npm run bench:accuracy` prints: the means over all seeds. */
import { OURS } from '../simulation/judge.ts';
import { type Outcome, ratioOf } from '../simulation/run-scenario.ts';
import type { Scenario } from '../simulation/scenarios/scenario.ts';

export type Row = { readonly scenario: Scenario; readonly outcomes: readonly Outcome[] };

const HEAD = ['', 'RMS', '99.9 %', 'worst', 'to 1 ms', 'coverage', 'width', 'available', 'RMS ratio', 'width ratio'];

const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

const lengthText = (ns: number): string => {
  if (!Number.isFinite(ns)) return '–';
  const [unit, by] = ns < 1e6 ? ['µs', 1e3] : ns < 1e9 ? ['ms', 1e6] : (['s', 1e9] as const);
  return `${threeDigits.format(ns / by)} ${unit}`;
};

/** Rounded down: what is not all must not look like all. */
const shareText = (share: number): string =>
  Number.isNaN(share) ? '–' : `${(Math.floor(share * 1e5) / 1e3).toString()} %`;

const ratioText = (ratio: number): string => (Number.isNaN(ratio) ? '' : ratio.toFixed(2));

/** NaN of none. */
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A line for each clock, below one for the scenario. */
const linesOf = ({ scenario, outcomes }: Row): string[][] => {
  const names = [...outcomes[0]!.verdicts.keys()];
  const lines = names.map((name) => {
    const all = outcomes.map(({ verdicts }) => verdicts.get(name)!);
    const beside = outcomes.flatMap((outcome) => outcome.beside.get(name) ?? []);
    return [
      name,
      lengthText(mean(all.map(({ rms }) => rms))),
      lengthText(mean(all.map(({ p999 }) => p999))),
      lengthText(mean(all.map(({ worst }) => worst))),
      lengthText(mean(all.map(({ toMillisecond }) => toMillisecond))),
      shareText(mean(all.map(({ coverage }) => coverage))),
      lengthText(mean(all.map(({ width }) => width))),
      shareText(mean(all.map(({ availability }) => availability))),
      ratioText(ratioOf(beside, 'rms')),
      ratioText(ratioOf(beside, 'width')),
    ];
  });
  return [[titleOf(scenario, outcomes)], ...(scenario.alone ? lines.filter(([name]) => name === OURS) : lines)];
};

const titleOf = ({ name, breaks }: Scenario, outcomes: readonly Outcome[]): string => {
  if (!breaks) return name;
  const longest = Math.max(...outcomes.map(({ wrongFor }) => wrongFor));
  return `${name}; breaks ${breaks.assumption}, false intervals for ${Math.round(longest)} s at most`;
};

export const accuracyTable = (rows: readonly Row[], isMarkdown: boolean): string => {
  const lines = rows.flatMap(linesOf);
  if (isMarkdown) {
    const cells = (line: readonly string[]): string => `| ${line.join(' | ')} |`;
    return [
      cells(HEAD),
      cells(HEAD.map((_, i) => (i === 0 ? '---' : '---:'))),
      ...lines.map(markdownCells).map(cells),
    ].join('\n');
  }
  const aligned = [HEAD, ...lines].filter((line) => line.length > 1);
  const widths = HEAD.map((_, column) => Math.max(...aligned.map((line) => line[column]!.length)));
  return [HEAD, ...lines]
    .map((line) =>
      line.length === 1
        ? line[0]!
        : line
            .map((cell, i) => cell.padEnd(widths[i]!))
            .join('  ')
            .trimEnd(),
    )
    .join('\n');
};

const markdownCells = (line: readonly string[]): readonly string[] =>
  line.length === 1 ? [`**${line[0]}**`, ...HEAD.slice(1).map(() => '')] : line;
