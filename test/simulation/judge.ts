/** A watcher that knows true time: looks at our clock and at contestants' once a second, and says how well each did. */
import { contains, type Interval, widen, width } from '#contract/interval.ts';
import { between, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { Contestant, ContestantReading } from './contestant.ts';
import type { World } from './world.ts';

export const OURS = 'noonmark';

/** Errors are claimed time less true time, taken as they are; all lengths in ns. */
export type Verdict = {
  /** Root of the mean square of the errors, the 99.9th percentile of their size, and the largest. */
  readonly rms: Nanos;
  readonly p999: Nanos;
  readonly worst: Nanos;
  /** From the start of the judging to the first of ten looks in a row that are less than 1 ms off; Infinity for never. */
  readonly toMillisecond: Nanos;
  /** Looks at which the interval held true time, of those at which there was one. */
  readonly coverage: number;
  /** Median half width: of the interval, or the root distance. */
  readonly width: Nanos;
  /** Looks at which time was claimed, of those since it first was. */
  readonly availability: number;
};

type Claim = Interval & { readonly time: UnixNanos };

const claimOf = (reading: ContestantReading | undefined): Claim | undefined =>
  reading && {
    time: reading.time,
    ...widen({ earliest: reading.time, latest: reading.time }, reading.rootDistance),
  };

const CLOSE = 1e6;
const IN_A_ROW = 10;

/**
 * @param warmUp - how long nothing but `toMillisecond` is judged.
 * @returns `look` to be called each second, by `world.pass`, and `verdicts` by name when all is over; ours is `OURS`.
 */
export const makeJudge = (world: World, contestants: readonly Contestant[] = [], warmUp: Nanos = nanos(0)) => {
  const start = world.now();
  world.onMeasured((source, measurement) => {
    for (const contestant of contestants) contestant.measured(source, measurement);
  });
  const theirs = contestants.map((contestant) => ({
    name: contestant.name,
    read: () => claimOf(contestant.read(world.mono())),
  }));
  const tallies = [{ name: OURS, read: world.claim }, ...theirs].map((judged) => ({ ...judged, tally: makeTally() }));
  return {
    look: (): void => {
      const now = world.now();
      const elapsed = between(start, now);
      for (const { read, tally } of tallies) tally.add(read(), now, elapsed, elapsed > warmUp);
    },
    verdicts: (): ReadonlyMap<string, Verdict> => new Map(tallies.map(({ name, tally }) => [name, tally.verdict()])),
  };
};

const makeTally = () => {
  const sizes: number[] = [];
  const widths: number[] = [];
  let [looks, covered, close] = [0, 0, 0];
  let toMillisecond = Number.POSITIVE_INFINITY;
  let hasSpoken = false;
  return {
    add: (claim: Claim | undefined, truth: UnixNanos, elapsed: Nanos, isJudged: boolean): void => {
      const size = claim && Math.abs(between(truth, claim.time));
      close = size !== undefined && size < CLOSE ? close + 1 : 0;
      if (close === IN_A_ROW) toMillisecond = Math.min(toMillisecond, elapsed - seconds(IN_A_ROW - 1));
      hasSpoken ||= claim !== undefined;
      if (!isJudged || !hasSpoken) return;
      looks++;
      if (!claim) return;
      sizes.push(size!);
      widths.push(width(claim) / 2);
      if (contains(claim, truth)) covered++;
    },
    verdict: (): Verdict => ({
      rms: nanos(Math.sqrt(sizes.reduce((sum, size) => sum + size * size, 0) / sizes.length)),
      p999: quantile(sizes, 0.999),
      worst: quantile(sizes, 1),
      toMillisecond: nanos(toMillisecond),
      coverage: covered / sizes.length,
      width: quantile(widths, 0.5),
      availability: sizes.length / Math.max(1, looks),
    }),
  };
};

/** The least value that is not below `share` of all; NaN of none. */
const quantile = (values: readonly number[], share: number): Nanos =>
  nanos(Float64Array.from(values).sort()[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN);
