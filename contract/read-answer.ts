/** The JSON of a time answer, read back: apart from time-answer.ts, so that who only writes answers carries no schema. */
import * as v from 'valibot';
import type { ErrorBudget } from './error-budget.ts';
import { decodeText, leap, lineage, name, nonce, taiOffsetSeconds } from './fields.ts';
import { type Interval, width } from './interval.ts';
import { ok, type Result, refuse } from './result.ts';
import { milliseconds, type UnixNanos, unixNanos } from './time.ts';
import { type TimeAnswer, timeAnswer } from './time-answer.ts';

const date = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  v.check((text) => !Number.isNaN(wholeSecondsOf(text))),
);
const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

/** A name that is not known here is some other edge's: the time stands all the same. */
const part = v.object({
  part: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,32}$/)),
  basis: v.picklist(['measured', 'assumed']),
  ms: v.number(),
});
const errorBudget = v.object({
  widthMs: v.number(),
  parts: v.pipe(v.array(part), v.maxLength(32)),
  earliestBy: name,
  latestBy: name,
});

export const timeAnswerSchema = v.object({
  time: date,
  earliest: date,
  latest: date,
  unixMs: v.number(),
  earliestUnixMs: v.number(),
  latestUnixMs: v.number(),
  uncertaintyMs: v.number(),
  synchronized: v.boolean(),
  leap,
  taiOffsetSeconds,
  stratum: whole(1, 16),
  gateway: name,
  sampleAgeMs: whole(0, 1e12),
  nonce: v.exactOptional(nonce),
  budget: v.exactOptional(errorBudget),
  lineage: v.exactOptional(lineage),
});

/** In ms. */
const wholeSecondsOf = (text: string): number => Date.parse(`${text.slice(0, '2026-11-22T08:30:05'.length)}Z`);

/** @param text - a date of a time answer. */
export const pointOf = (text: string): UnixNanos =>
  unixNanos(BigInt(wholeSecondsOf(text)) * 1_000_000n + BigInt(text.slice(-'123456Z'.length, -1)) * 1_000n);

export const intervalOf = ({ earliest, latest }: TimeAnswer): Interval => ({
  earliest: pointOf(earliest),
  latest: pointOf(latest),
});

/**
 * An answer says each point twice, as a date and in ms, and its width in parts too. They must agree: whoever judges the one
 * must have judged the other.
 *
 * @returns `malformed` with the first field that is wrong.
 */
export const decodeTimeAnswer = (text: string): Result<TimeAnswer, 'malformed'> => {
  const read = decodeText(timeAnswerSchema, text);
  if (!read.ok) return read;
  const { budget, ...said } = read.value;
  const { earliest, latest } = intervalOf(said);
  const time = pointOf(said.time);
  if (time < earliest || time > latest) return refuse('malformed', 'time');
  const again = timeAnswer({ ...said, time, earliest, latest, sampleAge: milliseconds(said.sampleAgeMs) });
  const wrong = (Object.keys(again) as (keyof typeof said)[]).find((field) => again[field] !== said[field]);
  if (wrong !== undefined) return refuse('malformed', wrong);
  return budget && !addsUp(budget, { earliest, latest }) ? refuse('malformed', 'budget') : ok(read.value);
};

const addsUp = ({ widthMs, parts }: ErrorBudget, interval: Interval): boolean => {
  const micros = (ms: number): number => Math.round(ms * 1_000);
  const sum = parts.reduce((total, { ms }) => total + micros(ms), 0);
  return [micros(widthMs), sum].every((told) => told === width(interval) / 1_000);
};
