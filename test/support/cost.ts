/** What an edge uses of the platform, and what that costs: the formulas of docs/scale.md and docs/deploy.md. */

export const DAY_S = 86_400;
const MONTH_S = 30 * DAY_S;

/** Of a Durable Object, which is billed as if it had this much memory. */
const OBJECT_GB = 0.128;

/** The free plan's, each day from 00:00 UTC. */
export const FREE = {
  requests: 100_000,
  objectRequests: 100_000,
  rowsWritten: 100_000,
  rowsRead: 5_000_000,
  gbSeconds: 13_000,
};

/** Of the paid plan, in dollars a month: what is included, and a million more. */
const PAID = {
  base: 5,
  requests: { included: 10, each: 0.3 },
  cpuMs: { included: 30, each: 0.02 },
  objectRequests: { included: 1, each: 0.15 },
  gbSeconds: { included: 0.4, each: 12.5 },
  rowsWritten: { included: 50, each: 1 },
};

/** That the platform has names for, by worker/region.ts. */
const REGIONS = 11;

/** By rows.test.ts. */
const ROWS_WRITTEN_A_SAMPLE = 2;
const ROWS_READ_A_SAMPLE = 10;

/** A day's, of the gateways alone. */
export const gatewaysUse = (gateways: number, intervalS: number) => {
  const samples = (gateways * DAY_S) / intervalS;
  return {
    samples,
    rowsWritten: samples * ROWS_WRITTEN_A_SAMPLE,
    rowsRead: samples * ROWS_READ_A_SAMPLE,
    /** If nothing ever lets it sleep. */
    gbSecondsAtMost: DAY_S * OBJECT_GB,
    requestsLeft: FREE.requests - samples,
  };
};

export type Demand = {
  /** Of callers, each second, the same at each location. */
  readonly requests: number;
  readonly locations: number;
  /** Alive at one location at a time. */
  readonly isolates: number;
  readonly gateways: number;
  readonly intervalS: number;
  readonly refreshS: number;
  /** How long an isolate lives. */
  readonly lifeS: number;
  /** Of a request. */
  readonly cpuMs: number;
};

/** Of `clients` that share the requests and act at the first that comes `everyS` after they last did: arrivals are Poisson's. */
const perSecond = (requests: number, clients: number, everyS: number): number =>
  requests / (1 + (everyS * requests) / clients);

/** Calls of the object, each second. */
export const objectCalls = ({ requests, locations, isolates, refreshS, lifeS, gateways, intervalS }: Demand) => {
  const all = locations * isolates;
  const starts = all / lifeS;
  const posts = gateways / intervalS;
  const each = Math.min(requests, perSecond(requests, all, refreshS) + starts);
  const shared = perSecond(requests, locations, refreshS) + perSecond(requests, all, 4 * refreshS) + starts;
  return { each: each + posts, shared: Math.min(each, shared) + posts };
};

/** Calls of the one object, each second, where isolates ask the copies of their regions, and all of those are asked. */
export const callsOfCopies = ({ refreshS, gateways, intervalS }: Demand): number =>
  REGIONS / refreshS + gateways / intervalS;

/** Dollars a month. */
export const costOf = (demand: Demand, calls: number) => {
  const posts = demand.gateways / demand.intervalS;
  const millions = (eachSecond: number): number => (eachSecond * MONTH_S) / 1e6;
  const priced = ({ included, each }: { included: number; each: number }, used: number) =>
    Math.max(0, used - included) * each;
  const requests = priced(PAID.requests, millions(demand.requests + posts));
  const cpu = priced(PAID.cpuMs, millions((demand.requests + posts) * demand.cpuMs));
  const object =
    priced(PAID.objectRequests, millions(calls)) +
    priced(PAID.gbSeconds, millions(OBJECT_GB)) +
    priced(PAID.rowsWritten, millions(posts * ROWS_WRITTEN_A_SAMPLE));
  return { requests, cpu, object, all: PAID.base + requests + cpu + object };
};
