/** How far off three ways to ask an edge for the time are, from what each said in each trial. */
import { type Figure, median } from '../figures.ts';

/** |said − true| in ms, and how many questions it took. */
export type Said = { readonly error: number; readonly requests: number };
export type Trial = {
  /** `holds`: the truth lay in the interval, `width` ms wide. */
  readonly ours: Said & { readonly holds: boolean; readonly width: number };
  readonly timesync: Said;
  readonly date: Said;
};

const atOf = (share: number, values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

export const figuresOf = (path: string, trials: readonly Trial[]): readonly Figure[] => {
  const errors = (who: keyof Trial): number[] => trials.map((trial) => trial[who].error);
  const row = (name: string, ours: number, theirs: number, aim?: string): Figure => ({
    name: `${path}: ${name}`,
    unit: 'ms',
    ours,
    peer: { name: 'timesync', value: theirs },
    ...(aim !== undefined && { aim }),
  });
  const requests = (who: keyof Trial): number => Math.max(...trials.map((trial) => trial[who].requests));
  return [
    row('|error|, median', median(errors('ours')), median(errors('timesync')), '≤ 0.3'),
    row('|error|, 99 %', atOf(0.99, errors('ours')), atOf(0.99, errors('timesync'))),
    {
      ...row('|error| beside Date, median', median(errors('ours')), 0),
      peer: { name: 'Date', value: median(errors('date')) },
    },
    { ...row('requests', requests('ours'), requests('timesync'), '≤ 1'), unit: 'at most' },
    { name: `${path}: interval`, unit: 'ms wide', ours: median(trials.map(({ ours }) => ours.width)) },
    {
      name: `${path}: it holds true time`,
      unit: '%',
      ours: (100 * trials.filter(({ ours }) => ours.holds).length) / trials.length,
      aim: '100',
    },
  ];
};
