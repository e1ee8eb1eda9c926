/** What the width of the clock's interval is made of, for whoever wonders how to make it smaller. */
import { width } from '#contract/interval.ts';
import { type MonoNanos, type Nanos, nanos } from '#contract/time.ts';
import type { Parts } from './bounds.ts';
import { type Clock, readClock, readLine } from './clock.ts';

/** Stated: by the upstream servers, taken at their word (A1). Measured: by us. Assumed: of our oscillator (A3). */
export type Basis = 'stated' | 'measured' | 'assumed';
export type BudgetPart = {
  readonly name: keyof Parts | 'agreement' | 'leap';
  readonly basis: Basis;
  readonly length: Nanos;
};

const BASES: Readonly<Record<keyof Parts, Basis>> = {
  rootDistance: 'stated',
  path: 'measured',
  oscillator: 'measured',
  wander: 'assumed',
};

/**
 * The parts of both ends; they sum to the interval's width. `agreement` is what several exchanges and sources rule out
 * together (below 0), or leave open because they differ (above 0). `leap` is the second that may or may not be there.
 */
export const budgetOf = (clock: Clock, now: MonoNanos): readonly BudgetPart[] => {
  const { early, late } = clock;
  const parts = (Object.keys(BASES) as (keyof Parts)[]).map(
    (name): BudgetPart => ({
      name,
      basis: clock.synchronized ? BASES[name] : 'assumed',
      length: nanos(early[name] + late[name]),
    }),
  );
  const line = width(readLine(clock, now));
  const since = line - width(clock.reading); // the line is drawn anew each second: all of this is younger
  const aged = parts.map((part) => (part.name === 'wander' ? { ...part, length: nanos(part.length + since) } : part));
  const sum = aged.reduce((total, { length }) => total + length, 0);
  return [
    ...aged,
    { name: 'agreement', basis: 'measured', length: nanos(line - sum) },
    { name: 'leap', basis: 'stated', length: nanos(width(readClock(clock, now)) - line) },
  ];
};
