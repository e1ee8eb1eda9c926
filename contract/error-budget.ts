/** What the width of an answer's interval is made of, for whoever wonders how to make it smaller. */
import type { Nanos } from './time.ts';

/** Measured: seen, by the gateway or the edge. Assumed: taken for granted of clocks, by the edge's settings or by what they are. */
export type Basis = 'measured' | 'assumed';

export const PARTS = {
  /** What the gateway itself did not know: its sources, their paths, its oscillator. */
  sources: 'measured',
  /** The round trip in which the gateway asked for the reading of a clock of the edge, or the edge for the gateway's. */
  gatewayExchange: 'measured',
  /** The round trips from clock to clock of the edge: an isolate and the Durable Object. */
  objectExchange: 'measured',
  /** Clocks of the edge count whole ms: one step at each reading. */
  clockStep: 'measured',
  /** How late the object's clock may be read. */
  objectLag: 'assumed',
  /** How far two clocks of the edge may stand apart, where no exchange lies between them. */
  spread: 'assumed',
  /** How far they may have drifted since. */
  drift: 'assumed',
  /** The leap second that may or may not have been counted yet. */
  leap: 'assumed',
  /** What several statements rule out together (below 0), or leave open because they differ (above 0). */
  agreement: 'measured',
  /** All of the above is rounded down to µs, and the interval outwards. */
  rounding: 'measured',
} as const satisfies Record<string, Basis>;
export type Part = keyof typeof PARTS;

export type Budget = {
  /** They sum to the width, but for what is lost as points are rounded to whole ns. */
  readonly parts: Readonly<Record<Exclude<Part, 'rounding'>, Nanos>>;
  /** The gateways whose word set the ends. */
  readonly earliestBy: string;
  readonly latestBy: string;
};

/** In JSON. The parts sum to the width, to the µs; only `agreement` may be below 0. */
export type ErrorBudget = {
  readonly widthMs: number;
  readonly parts: readonly { readonly part: string; readonly basis: Basis; readonly ms: number }[];
  readonly earliestBy: string;
  readonly latestBy: string;
};

/** So much is lost in sums of lengths that are no whole ns. Less than that below a µs is one. */
const FLOAT_ERROR_NANOS = 0.01;
const micros = (length: Nanos): number => Math.floor((length + FLOAT_ERROR_NANOS) / 1_000);

/**
 * @param widthMicros - of the interval as it is told, rounded outwards.
 * @param synchronized - false: what the gateway says of itself is nothing but a setting.
 */
export const errorBudget = (
  { parts, earliestBy, latestBy }: Budget,
  widthMicros: number,
  synchronized: boolean,
): ErrorBudget => {
  const names = (Object.keys(PARTS) as Part[]).filter((part) => part !== 'rounding');
  const lengths = names.map((part): [Part, number] => [part, micros(parts[part])]);
  const sum = lengths.reduce((total, [, length]) => total + length, 0);
  return {
    widthMs: widthMicros / 1_000,
    parts: [...lengths, ['rounding', widthMicros - sum] as const].map(([part, length]) => ({
      part,
      basis: part === 'sources' && !synchronized ? 'assumed' : PARTS[part],
      ms: length / 1_000,
    })),
    earliestBy,
    latestBy,
  };
};
