/** What true time is by the wall clock, told to a time daemon after each exchange. */
import { isLeapAt } from '#contract/leap.ts';
import type { UnixNanos } from '#contract/time.ts';
import type { Clock } from '../../clock.ts';
import { boundOf } from '../instant.ts';
import { encodeSockSample } from './sock-sample.ts';

export type Fed = {
  /** True time − the wall clock: positive where it is slow. */
  readonly offsetMs: number;
  /** ± so much it is certain. */
  readonly boundMs: number;
  /** Why the daemon has not got it. */
  readonly fault: string | undefined;
};

export type FeedWorld = {
  readonly clock: Pick<Clock, 'now' | 'isSynchronized' | 'onChange'>;
  readonly wall: () => UnixNanos;
  /** @throws Error with `code`, where nobody takes it. */
  readonly send: (datagram: Uint8Array) => void;
};

/** By the guess: the protocol has no field for its bound. @returns a function that ends it. */
export const feedSamples = ({ clock, wall, send }: FeedWorld, tell: (fed: Fed) => void): (() => void) =>
  clock.onChange((change) => {
    if (change.kind !== 'exchanged' || !clock.isSynchronized) return;
    const before = clock.now();
    const local = wall();
    const after = clock.now();
    if (after.latest === Number.POSITIVE_INFINITY) return; // it jumped just now
    const { leap } = change.exchanged.told;
    if (leap !== 'none' && isLeapAt(after.latest)) return; // the guess may be a second off; the daemon was told of that second
    const localMs = Number(local) / 1e6;
    const offsetMs = (before.time + after.time) / 2 - localMs;
    const boundMs = boundOf({ earliest: before.earliest, latest: after.latest }, localMs + offsetMs);
    const fault = attempt(() => send(encodeSockSample(local, offsetMs / 1e3, leap)));
    tell({ offsetMs, boundMs, fault });
  });

const attempt = (act: () => void): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
};
