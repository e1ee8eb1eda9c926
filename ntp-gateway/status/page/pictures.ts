/** What each picture shows of the past: its lines, from where to where, and a sentence for who does not see it. */
import type { Sources } from '../sources.ts';
import { boundText, countText, fastText, lengthText, offsetText } from './figures.ts';
import type { Past, Values } from './past.ts';
import { markOf } from './source-rows.ts';

export type Line = {
  readonly name: string;
  /** A custom property of page.css. */
  readonly colour: string;
  readonly values: Values;
  /** Between which two the truth lies. */
  readonly band?: readonly [low: Values, high: Values];
  readonly text: (value: number, low?: number, high?: number) => string;
};
export type Picture = {
  /** Unix seconds. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  readonly least: number;
  readonly most: number;
  /** A value at the axis. */
  readonly label: (value: number) => string;
  readonly sentence: string;
};

/** The last so many seconds of it. */
export const lastOf = ({ at, zero, lanes }: Past, seconds: number): Past => {
  const from = at.findIndex((moment) => moment >= (at.at(-1) ?? 0) - seconds);
  const cut = (lane: Past['lanes'][string]) =>
    Object.fromEntries(Object.entries(lane).map(([field, values]) => [field, values.slice(Math.max(0, from))]));
  return {
    at: at.slice(Math.max(0, from)),
    zero,
    lanes: Object.fromEntries(Object.entries(lanes).map(([name, lane]) => [name, cut(lane)])),
  };
};

const valuesOf = ({ at, lanes }: Past, lane: string, field: string): Values =>
  lanes[lane]?.[field] ?? Array(at.length).fill(null);
const unixOf = ({ at, zero }: Past): readonly number[] => at.map((moment) => moment + zero);
const plus = (one: Values, other: Values, sign: 1 | -1): Values =>
  one.map((value, i) => (value === null || other[i] == null ? null : value + sign * other[i]));
const lastIn = (values: Values): number | undefined => values.findLast((value) => value !== null) ?? undefined;

/** The host's clock less true time: above 0 it is fast. */
export const clockPicture = (past: Past): Picture => {
  const of = (field: string): Values => valuesOf(past, 'clock', field);
  const values = of('hostOffsetMs');
  const apart = of('hostApartMs');
  const band = [
    plus(plus(values, of('laterMs'), -1), apart, -1),
    plus(plus(values, of('earlierMs'), 1), apart, 1),
  ] as const;
  const line: Line = {
    name: 'this host',
    colour: '--mark',
    values,
    band,
    text: (value, low, high) => `${fastText(value)}, certain within ${offsetText(low!)} and ${offsetText(high!)}`,
  };
  const [value, low, high] = [lastIn(values), lastIn(band[0]), lastIn(band[1])];
  const sentence =
    value === undefined || low === undefined || high === undefined
      ? 'Nothing to show yet.'
      : `The host’s clock is ${fastText(value)}, and its error certainly between ${offsetText(low)} and ${offsetText(high)}.`;
  return { at: unixOf(past), lines: [line], ...inMs(rangeOf([line])), sentence };
};

/** What a source says less what the gateway says. @param colours - numbers of lines in page.css, by id. */
export const offsetsPicture = (
  past: Past,
  sources: Sources,
  colours: ReadonlyMap<string, number>,
): Picture & { readonly beyond: string } => {
  const lines = [...colours].map(([id, colour]): Line => {
    const values = valuesOf(past, `source ${id}`, 'offsetMs');
    const bounds = valuesOf(past, `source ${id}`, 'uncertaintyMs');
    const band = [plus(values, bounds, -1), plus(values, bounds, 1)] as const;
    return {
      name: id,
      colour: `--line${colour}`,
      values,
      band,
      text: (value, _low, high) => `${offsetText(value)} ±${boundText(high! - value)}`,
    };
  });
  const isGood = ({ name }: Line): boolean => sources.some(({ id, state }) => id === name && markOf(state) === 'good');
  const good = lines.filter(isGood);
  const range = rangeOf(good.length > 0 ? good : lines);
  const isOut = ({ values }: Line): boolean => {
    const last = lastIn(values);
    return last !== undefined && (last < range.least || last > range.most);
  };
  const out = lines.filter(isOut).map(({ name, values }) => `${name} (${offsetText(lastIn(values)!)})`);
  const told = lines.flatMap((line) => {
    const last = lastIn(line.values);
    return last === undefined ? [] : [`${line.name} ${offsetText(last)}`];
  });
  const lineless = sources.filter((source) => 'reach' in source && !colours.has(source.id)).length;
  const beyond = [
    ...(out.length === 0 ? [] : [`. Outside of the picture: ${out.join(', ')}`]),
    ...(lineless === 0 ? [] : [`. Without a line: ${lineless} more`]),
  ].join('');
  return {
    at: unixOf(past),
    lines,
    ...inMs(range),
    beyond,
    sentence: `${told.join(', ') || 'Nothing to show yet'}${beyond}.`,
  };
};

export const delaysPicture = (past: Past, colours: ReadonlyMap<string, number>): Picture => {
  const lines = [...colours].map(
    ([id, colour]): Line => ({
      name: id,
      colour: `--line${colour}`,
      values: valuesOf(past, `source ${id}`, 'delayMs'),
      text: lengthText,
    }),
  );
  return { at: unixOf(past), lines, ...inMs(fromZero(lines)), sentence: sentenceOf(lines) };
};

const perSecond = (value: number): string => `${countText(value)} /s`;

export const ratesPicture = (past: Past): Picture => {
  const line = (name: string, colour: string, field: string): Line => ({
    name,
    colour,
    values: valuesOf(past, 'server', field),
    text: perSecond,
  });
  const lines = [line('dropped', '--bad', 'dropsPerSecond'), line('replies', '--line0', 'repliesPerSecond')];
  return { at: unixOf(past), lines, ...fromZero(lines), label: countText, sentence: sentenceOf(lines) };
};

/** What was dropped at the last moment, per second, by word. */
export const dropRates = ({ lanes }: Past): ReadonlyMap<string, number | undefined> =>
  new Map(
    Object.entries(lanes).flatMap(([name, { perSecond }]) =>
      name.startsWith('dropped ') ? [[name.slice('dropped '.length), perSecond?.at(-1) ?? undefined] as const] : [],
    ),
  );

const sentenceOf = (lines: readonly Line[]): string => {
  const told = lines.flatMap(({ name, values, text }) => {
    const last = lastIn(values);
    return last === undefined ? [] : [`${name} ${text(last)}`];
  });
  return told.length === 0 ? 'Nothing to show yet.' : `${told.join(', ')}.`;
};

/** With one unit for the whole axis. */
const inMs = (range: { readonly least: number; readonly most: number }) => {
  const reach = Math.max(Math.abs(range.least), Math.abs(range.most));
  const [unit, size] = UNITS.find(([, , below]) => reach < below) ?? ['s', 1e3];
  const label = (ms: number): string => `${Number((ms / size).toPrecision(4))} ${unit}`.replace('-', '−');
  return { ...range, label };
};

/** A unit, its ms, and how many of them are too many for it. */
const UNITS = [
  ['µs', 1e-3, 1],
  ['ms', 1, 10_000],
] as const;

const fromZero = (lines: readonly Line[]) => {
  const most = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  return { least: 0, most: (most || 1) * 1.15 };
};

/** All of the bands but what is far wider than they are now, as those of the first answers mostly are. */
const rangeOf = (lines: readonly Line[]) => {
  const points = lines.flatMap(({ band: [low, high] = [[], []] }) => {
    const widths = plus(high, low, -1);
    const widest = 4 * (lastIn(widths) ?? 0);
    return widths.flatMap((width, i) => (width !== null && width <= widest ? [low[i]!, high[i]!] : []));
  });
  if (points.length === 0) return { least: -1, most: 1 };
  const [least, most] = [points.reduce((a, b) => Math.min(a, b)), points.reduce((a, b) => Math.max(a, b))];
  const margin = (most - least) / 8 || 0.001;
  return { least: least - margin, most: most + margin };
};
