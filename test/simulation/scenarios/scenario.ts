/** What a scenario is: a world, what happens in it, and what has to be true of our clock when it is over. */
import { after, milliseconds, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { Verdict as SourceVerdict } from '../../../ntp-gateway/discipline/selection.ts';
import { exponential } from '../noise.ts';
import { type ClockError, makeServer, type SimulatedServer } from '../server.ts';
import { makeWorld, START, type World } from '../world.ts';

export type Scenario = {
  readonly name: string;
  readonly make: (seed: number) => Promise<World>;
  /** Seconds: of it all, and of its beginning, in which errors and widths are not judged. */
  readonly length: number;
  readonly warmUp: number;
  /** Seconds that are enough for a quick run, which asks for all but the ratios; of those it asks none that has no aim. */
  readonly quick: number;
  /** What happens to the host, so many seconds after the start. */
  readonly happenings?: readonly { readonly at: number; readonly act: (world: World) => Promise<void> | void }[];
  /** What UTC reads more than the world's time does. */
  readonly utc?: ClockError;
  /** Of ARCHITECTURE.md; where there is none, A1 to A4 hold throughout. */
  readonly breaks?: Breach;
  /** Contestants are not told what befalls the host, nor of leap seconds: there it would not be fair to compare. */
  readonly alone?: boolean;
  readonly bounds?: Bounds;
};

export type Breach = {
  readonly assumption: 'A1' | 'A3' | 'A4';
  /** Seconds: since when, and for how long after it false intervals may go on. */
  readonly from: number;
  readonly within: number;
};

/** What the issue asks besides coverage; lengths in ns, frequencies and ratios as ratios. */
export type Bounds = {
  readonly rms?: number;
  readonly worst?: number;
  readonly frequencyRms?: number;
  readonly frequencyWorst?: number;
  readonly toMillisecond?: number;
  /** 0.999 where nothing is broken and nothing else is said. */
  readonly availability?: number;
  /** By the chrony-like contestant's: 1 and 1 where nothing is broken and nothing else is said. */
  readonly rmsRatio?: number;
  readonly widthRatio?: number;
  /** Of our clock: 0 where nothing is broken and nothing else is said. */
  readonly steps?: number;
  /** What is said at the end, by address. */
  readonly verdicts?: Readonly<Record<string, SourceVerdict>>;
};

/**
 * The width of a single source's interval by chrony-like's root distance, where polls are as far apart as they pay. Ours is
 * proven: between two polls it widens by all that A3 allows the oscillator, on either side. Chrony's dispersion grows by the
 * frequency's likely error. The longer the wait, the more that costs; where all polls are 64 s apart it is 2 % at most.
 */
export const PROVEN = { often: 1.05, asItPays: 1.16 };

export type WorldOptions = Omit<Parameters<typeof makeWorld>[0], 'seed'>;
export type ServerOptions = NonNullable<Parameters<typeof makeServer>[0]>;

/** A server that knows no error of its own, so that all of the width is the path's and the oscillator's. */
export const perfect = (options: ServerOptions): SimulatedServer =>
  makeServer({ ...options, says: { rootDispersion: nanos(0), ...options.says } });

/** Milliseconds: the least time on each way, and the mean of what comes on top of it. */
export const queued = (least: number, queue: number): ServerOptions => ({
  there: milliseconds(least),
  back: milliseconds(least),
  noise: exponential(milliseconds(queue)),
});

/** @param options - servers are made anew for each run: some keep what they have seen. */
export const worldOf =
  (options: () => WorldOptions) =>
  (seed: number): Promise<World> =>
    makeWorld({ seed, ...options() });

/** So many seconds after the start. */
export const at = (second: number): UnixNanos => after(START, seconds(second));
