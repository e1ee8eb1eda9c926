/** A clock that reads the line in shared memory, as threads that answer do, and the lines that are drawn for it. */
import { after, type MonoNanos, type Nanos, nanos } from '#contract/time.ts';
import type { Clock } from '../../ntp-gateway/discipline/clock.ts';
import { servedLine } from '../../ntp-gateway/discipline/serving.ts';
import { newLineMemory, writeLine } from '../../ntp-gateway/protocol/line-memory.ts';
import { DRAWN } from './clock.ts';
import { NOON } from './ntp-reply.ts';

/** How long the host has slept as the lines are drawn. */
export const AWAKE = nanos(5_000_000_000);

type Reading<Told> = { readonly at: (now: MonoNanos, slept: Nanos) => Told };

/** @param clocks - drawn one after the other; undefined for none that may be told. */
export const tellLines = <Told>(
  open: (lines: SharedArrayBuffer, slept: Nanos) => Reading<Told>,
  ...clocks: readonly (Clock | undefined)[]
) => {
  const lines = newLineMemory();
  const clock = open(lines, AWAKE);
  const draw = (drawn: Clock | undefined): void =>
    writeLine(lines, servedLine(drawn, { now: DRAWN, wall: NOON }, -20, 1));
  clocks.forEach(draw);
  return { draw, at: (slept = AWAKE, age = nanos(0)): Told => clock.at(after(DRAWN, age), slept) };
};
