/** Waits until a moment has certainly come, then runs a program. */

import { boundText } from '../../lengths.ts';
import type { Edge } from '../ask.ts';
import { durationText, toMicros } from '../instant.ts';
import { watchLosses } from '../losses.ts';
import { EXIT } from '../refusals.ts';
import type { Moment } from './moment.ts';
import type { Program } from './run-program.ts';

/** What is said meanwhile, as data. */
export type Saying = { readonly event: string } & Readonly<Record<string, string | number>>;

export type AtWorld = {
  /** It has answered. It is closed once the program runs. */
  readonly edge: Pick<Edge, 'clock' | 'close'>;
  readonly run: () => Program;
  readonly say: (saying: Saying, inWords: string) => void;
  /** Shows meanwhile how long it still is, in ms. */
  readonly show: (left: () => number, work: Promise<void>) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
};

/** How long before it asks again, so that the bound is small; up to twice that, lest all hosts ask at once. */
const LEAD_MS = 2_000;

/** @returns what to exit with: the program's own code, if it ran. */
export const startAt = async (moment: Moment, { edge, run, say, show, random }: AtWorld): Promise<number> => {
  const { clock } = edge;
  const { earliest, time, latest } = clock.now();
  const unixMs = 'unixMs' in moment ? moment.unixMs : time + moment.fromNowMs;
  const refuse = (reason: string, inWords: string, code: number = EXIT.no): number => {
    edge.close();
    say({ event: 'refused', reason }, inWords);
    return code;
  };
  if ('fromNowMs' in moment && latest === Number.POSITIVE_INFINITY)
    return refuse('jumped', 'this host’s clock was set just now, and nobody knows from when to count', EXIT.unreached);
  if (!clock.isSynchronized)
    return refuse('unsynchronized', 'the edge’s time comes from no source: nothing is certain, and nothing is run');
  if (clock.after(unixMs)) return refuse('late', `that moment came ${durationText(time - unixMs)} ago`);

  const date = new Date(unixMs).toISOString();
  const [inMs, withinMs] = [toMicros(Math.max(unixMs - time, 0)), toMicros(latest - earliest, Math.ceil)];
  say(
    { event: 'waits', at: date, inMs, withinMs },
    `starts at ${date}, in ${durationText(inMs)}, or within ${boundText(withinMs)} after that`,
  );
  await show(() => unixMs - clock.now().time, arrival(unixMs, LEAD_MS * (1 + random()), { edge, say }));

  const before = clock.now();
  const program = run();
  const after = clock.now();
  edge.close();
  const earliestMs = toMicros(before.earliest - unixMs, Math.floor);
  const latestMs = toMicros(after.latest - unixMs, Math.ceil);
  if (program.isStarted)
    say(
      { event: 'started', earliestMs, latestMs },
      `started ${boundText(earliestMs, Math.floor)} to ${boundText(latestMs)} after it`,
    );
  else say({ event: 'not-started' }, NOT_STARTED);
  return program.ended;
};

export const NOT_STARTED = 'there is no such program, or it may not be run';

/** Without answers the bound grows, and with it what has to pass until the moment has certainly come. */
const arrival = async (unixMs: number, leadMs: number, { edge, say }: Pick<AtWorld, 'edge' | 'say'>): Promise<void> => {
  const { clock } = edge;
  const forget = watchLosses(clock, (loss) => {
    if (!loss) say({ event: 'regained' }, 'the time is known again');
    else say({ event: 'lost', reason: loss.reason }, `${loss.text}; until that is better, the start may be the later`);
  });
  if (!clock.after(unixMs - leadMs)) {
    await clock.waitUntil(unixMs - leadMs);
    clock.refresh();
  }
  await clock.waitUntil(unixMs);
  forget();
};
