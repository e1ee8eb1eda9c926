/** What an edge answered to a post. Nothing in it is believed further than it can do harm. */
import type { EdgeReading } from '#contract/edge-reading.ts';
import { after, between, nanos } from '#contract/time.ts';
import type { ReadingBound } from '#contract/time-sample.ts';
import type { ClockReading } from '../protocol/server-state.ts';

/** `body` is parsed JSON or undefined; `retryAfter` in whole seconds where the edge named some. */
export type Answer = { readonly status: number; readonly body: unknown; readonly retryAfter?: number };

/** The edge read its clocks after the request left and before the answer came: true time then lies between. */
export const boundReading = (reading: EdgeReading, before: ClockReading, now: ClockReading): ReadingBound => ({
  ...reading,
  estimateUnixNs: after(before.time, nanos(between(before.time, now.time) / 2)),
  earliestUnixNs: before.earliest,
  latestUnixNs: now.latest,
});

/** The problem's own word, `urn:noonmark:problem:<word>`, or the status. For people; counters take the status, which is bounded. */
export const refusalOf = ({ status, body }: Answer): string => {
  const type = String(memberOf(body, 'type'));
  return /^urn:noonmark:problem:([a-z-]{1,32})$/.exec(type)?.[1] ?? `status-${status}`;
};

/**
 * Whether an edge says, of a key's word, that it goes by it. A proxy, or a page, answers 200 to anything, and a key that no edge knows
 * would sign then.
 *
 * @param next - the public key that follows; undefined where none does.
 */
export const goesBy = ({ status, body }: Answer, next: string | undefined): boolean => {
  const keys = memberOf(body, 'keys');
  return status === 200 && Array.isArray(keys) && (next === undefined ? keys.length === 0 : keys.includes(next));
};

/** Bounded, so that a lying edge cannot drive the counter to where it ends. */
const HIGHEST_EPOCH = 2 ** 40;

/** The epoch that the edge keeps, where a later one of ours would be taken: no epoch mends a `loop`. */
export const keptEpoch = (answer: Answer): number | undefined => {
  if (!['replayed', 'forked'].includes(refusalOf(answer))) return undefined;
  const epoch = memberOf(answer.body, 'epoch');
  return typeof epoch === 'number' && Number.isInteger(epoch) && 0 <= epoch && epoch <= HIGHEST_EPOCH
    ? epoch
    : undefined;
};

const memberOf = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined;
