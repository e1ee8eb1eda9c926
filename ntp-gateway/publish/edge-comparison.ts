/** What an edge says, held against our own clock. */
import { between, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import { type Clock, isUsable, readClock } from '../discipline/clock.ts';
import type { SignedEdgeAnswer } from '../protocol/edge-answer.ts';
import type { ClockReading } from '../protocol/server-state.ts';

/** Edge − us. Of the last answer that was judged. */
export type Comparison = {
  /** Of the best guesses. */
  readonly offset: Nanos;
  /** By how much the intervals fail to touch: 0 where they do, positive where the edge is ahead. */
  readonly beyond: Nanos;
};

export const isSure = (clock: Clock, reading: ClockReading): boolean => clock.synchronized && isUsable(clock, reading);

/**
 * Its interval holds true time at some instant between question and answer, and so does ours at either end.
 *
 * @returns undefined where ours is not one clock's, or too little is known.
 */
export const judge = (
  answer: SignedEdgeAnswer,
  line: Clock,
  clock: Clock | undefined,
): { readonly compared: Comparison; readonly before: ClockReading; readonly after: ClockReading } | undefined => {
  if (!clock || clock.epoch !== line.epoch) return undefined;
  const [before, after] = [readClock(line, answer.t1), readClock(clock, answer.t4)];
  return isSure(line, before) && isSure(clock, after)
    ? { compared: compare(answer, before, after), before, after }
    : undefined;
};

/** @param before, after - our readings at either end of the exchange. */
export const compare = (said: ClockReading, before: ClockReading, after: ClockReading): Comparison => {
  const offset = nanos((between(before.time, said.time) + between(after.time, said.time)) / 2);
  return { offset, beyond: gapOf(said, before.earliest, after.latest) };
};

const gapOf = ({ earliest, latest }: ClockReading, from: UnixNanos, to: UnixNanos): Nanos => {
  if (latest < from) return between(from, latest);
  return earliest > to ? between(to, earliest) : nanos(0);
};
