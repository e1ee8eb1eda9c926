/** What the pictures show, gathered from answer to answer. */
import type { HistoryAnswer } from '../history.ts';

export type Values = readonly (number | null)[];
type Lanes = Readonly<Record<string, Readonly<Record<string, Values>>>>;
export type Past = {
  /** Moments of the gateway's, and how many seconds later the same is in Unix time, as it is known now. */
  readonly at: readonly number[];
  readonly zero: number;
  readonly lanes: Lanes;
};

export const KEPT_S = 3_600;
export const NOTHING: Past = { at: [], zero: 0, lanes: {} };

/** From which moment on the gateway is to be asked for more. */
export const knownUntil = ({ at }: Past): number | undefined => at.at(-1);

export const withMore = (past: Past, { everySeconds, now, unixSeconds, at, lanes }: HistoryAnswer): Past => {
  // A host that was started anew counts from 0: what was before has no place on its line.
  const before = (past.at.at(-1) ?? now) > now ? NOTHING : past;
  const first = before.at.findIndex((moment) => moment > now - KEPT_S);
  const kept = first < 0 ? before.at.length : first;
  const last = before.at.at(-1);
  // Where rows are missing no line is drawn: the gateway was held up, or was not there.
  const gap = last !== undefined && at[0] !== undefined && at[0] - last > 3 * everySeconds ? [last + everySeconds] : [];
  const old = before.at.slice(kept);
  const names = new Set([...Object.keys(before.lanes), ...Object.keys(lanes)]);
  const nothing = (length: number): Values => Array(length).fill(null);
  const lane = (name: string) => {
    const [was = {}, is = {}] = [before.lanes[name], lanes[name]];
    const fields = new Set([...Object.keys(was), ...Object.keys(is)]);
    const valuesOf = (field: string): Values => [
      ...(was[field]?.slice(kept) ?? nothing(old.length)),
      ...nothing(gap.length),
      ...(is[field] ?? nothing(at.length)),
    ];
    return Object.fromEntries([...fields].map((field) => [field, valuesOf(field)]));
  };
  return {
    at: [...old, ...gap, ...at],
    zero: unixSeconds - now,
    lanes: Object.fromEntries([...names].map((name) => [name, lane(name)] as const).filter(([, one]) => hasAny(one))),
  };
};

/** A source that left is forgotten with its last figure. */
const hasAny = (lane: Lanes[string]): boolean =>
  Object.values(lane).some((values) => values.some((value) => value !== null));
