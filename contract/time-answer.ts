/** What the edge says of time, in each of its forms. Ends are rounded outwards: to the µs in bodies, to the ms in the header. */
import { type Budget, type ErrorBudget, errorBudget } from './error-budget.ts';
import { type Interval, uncertainty } from './interval.ts';
import type { LeapNotice } from './leap.ts';
import { ntpBits } from './ntp-scale.ts';
import type { Nanos, UnixNanos } from './time.ts';

export type Answer = Interval & {
  /** The best estimate, inside the interval. */
  readonly time: UnixNanos;
  readonly synchronized: boolean;
  readonly leap: LeapNotice;
  readonly taiOffsetSeconds: number | null;
  readonly stratum: number;
  readonly gateway: string;
  /** How long ago the newest sample behind this answer came in. */
  readonly sampleAge: Nanos;
  readonly nonce?: string;
  readonly budget?: Budget;
  /** Gateways, and edges before them, that this time came through. */
  readonly lineage?: readonly string[];
};

/** The JSON body. Units are in the names. */
export type TimeAnswer = {
  readonly time: string;
  readonly earliest: string;
  readonly latest: string;
  readonly unixMs: number;
  readonly earliestUnixMs: number;
  readonly latestUnixMs: number;
  readonly uncertaintyMs: number;
  readonly synchronized: boolean;
  readonly leap: LeapNotice;
  readonly taiOffsetSeconds: number | null;
  readonly stratum: number;
  readonly gateway: string;
  readonly sampleAgeMs: number;
  readonly nonce?: string;
  readonly budget?: ErrorBudget;
  readonly lineage?: readonly string[];
};

const MICRO = 1_000n;
const MILLI = 1_000_000n;
const floor = (point: UnixNanos, step: bigint): bigint => point / step; // Unix time here is never negative
const ceil = (point: UnixNanos, step: bigint): bigint => (point + step - 1n) / step;

/** Points that are told one after the other mostly share their second, and its calendar costs more than all the rest. */
let lastSecond = { second: Number.NaN, text: '' };
const rfc3339 = (micros: number): string => {
  const second = Math.floor(micros / 1_000_000);
  if (second !== lastSecond.second)
    lastSecond = { second, text: new Date(second * 1_000).toISOString().slice(0, -'.000Z'.length) };
  return `${lastSecond.text}.${String(micros % 1_000_000).padStart(6, '0')}Z`;
};

export const timeAnswer = (answer: Answer): TimeAnswer => {
  // Exact: a double holds µs until 2255, and JSON writes the shortest decimal that gives the quotient back.
  const time = Number(floor(answer.time, MICRO));
  const earliest = Number(floor(answer.earliest, MICRO));
  const latest = Number(ceil(answer.latest, MICRO));
  return {
    time: rfc3339(time),
    earliest: rfc3339(earliest),
    latest: rfc3339(latest),
    unixMs: time / 1_000,
    earliestUnixMs: earliest / 1_000,
    latestUnixMs: latest / 1_000,
    uncertaintyMs: Math.max(time - earliest, latest - time) / 1_000,
    synchronized: answer.synchronized,
    leap: answer.leap,
    taiOffsetSeconds: answer.taiOffsetSeconds,
    stratum: answer.stratum,
    gateway: answer.gateway,
    sampleAgeMs: Math.round(answer.sampleAge / 1e6),
    ...(answer.nonce !== undefined && { nonce: answer.nonce }),
    ...(answer.budget && { budget: errorBudget(answer.budget, latest - earliest, answer.synchronized) }),
    ...(answer.lineage && { lineage: answer.lineage }),
  };
};

/** RFC 3339 with µs, without a newline: some parsers of dates refuse one. */
export const timeText = ({ time }: Answer): string => rfc3339(Number(floor(time, MICRO)));

/** Unix seconds with six decimals. */
export const timeUnix = ({ time }: Answer): string => decimal(floor(time, MICRO), 6);

/** Unix milliseconds with three decimals. */
export const timeUnixMs = ({ time }: Answer): string => decimal(floor(time, MICRO), 3);

/** `xs:dateTime` and ISO 8601 alike, to the ms: all that ECMAScript's own format of dates has (ECMA-262 §21.4.1.32). */
export const timeMillisText = ({ time }: Answer): string => new Date(Number(floor(time, MILLI))).toISOString();

/** Eight octets, RFC 5905 §6: seconds since 1900 and their fraction, big-endian. The nearest 2^-32 s. */
export const timeNtp = ({ time }: Answer): Uint8Array<ArrayBuffer> => {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, ntpBits(time));
  return octets;
};

/** The value of `Date`, RFC 9110 §5.6.7: the second that has begun. */
export const httpDate = ({ time }: Answer): string => new Date(Number(floor(time, MILLI))).toUTCString();

/** The value of `Noonmark-Time`: a dictionary of decimals in Unix seconds. RFC 9651 §3.3.2 allows three fractional digits. */
export const noonmarkTime = (answer: Answer): string => {
  const [time, earliest, latest] = [
    floor(answer.time, MILLI),
    floor(answer.earliest, MILLI),
    ceil(answer.latest, MILLI),
  ];
  return `time=${decimal(time, 3)}, earliest=${decimal(earliest, 3)}, latest=${decimal(latest, 3)}`;
};

/** `units` of 10^-digits as a decimal. */
const decimal = (units: bigint, digits: number): string => {
  const text = String(units).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
};

/** Whether the answer may be given at all under a limit on its ±. */
export const isWithin = (answer: Answer, limit: Nanos): boolean => uncertainty(answer, answer.time) <= limit;
