/** A metric as Prometheus knows it: units are base units and stand in the name, a counter's name ends in _total. */

export type Family = {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Their values are of the configuration, or words of ours: whoever sends packets must not be able to make up series. */
  readonly labels: readonly string[];
  readonly samples: readonly Sample[];
};
/** Its labels' values, in their order. */
export type Sample = { readonly labels: readonly string[]; readonly value: number };

/** What is not known now is no sample, and neither 0 nor NaN. */
export type Known = number | boolean | null | undefined;
type Row = readonly [labels: readonly string[], value: Known];

const familyOf =
  (type: Family['type']) =>
  (name: string, help: string, labels: readonly string[], rows: readonly Row[]): Family => ({
    name,
    type,
    help,
    labels,
    samples: rows.flatMap(([labels, known]) => {
      const value = Number(known ?? Number.NaN);
      return Number.isFinite(value) ? [{ labels, value }] : [];
    }),
  });

export const gauges = familyOf('gauge');
export const counters = familyOf('counter');
export const gauge = (name: string, help: string, value: Known): Family => gauges(name, help, [], [[[], value]]);
export const counter = (name: string, help: string, value: Known): Family => counters(name, help, [], [[[], value]]);

/** Seconds, of what the pages tell in ms. */
export const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1e3);

/** Unix seconds, of RFC 3339. */
export const timestamp = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text) / 1e3;

/** 1 for the one that it is, 0 for all others, as OpenMetrics has its state sets. */
export const states = (
  all: readonly string[],
  is: string | undefined,
  labels: readonly string[] = [],
): readonly Row[] => (is === undefined ? [] : all.map((state) => [[...labels, state], state === is]));

/** With a 0 for what has not happened so far: or the first time would not be seen as an increase. */
export const byWord = (
  words: readonly string[],
  counts: Readonly<Record<string, number>> | undefined,
  labels: readonly string[] = [],
): readonly Row[] => (counts === undefined ? [] : words.map((word) => [[...labels, word], counts[word] ?? 0]));
