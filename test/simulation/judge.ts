/** A watcher that knows true time: looks at our clock and at contestants' once a second, and says how well each did. */
import { contains, type Interval, widen, width } from '#contract/interval.ts';
import { after, between, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { Contestant, ContestantReading } from './contestant.ts';
import type { ClockError } from './server.ts';
import type { World } from './world.ts';

export const OURS = 'noonmark';

/** Errors are claimed time less true time, taken as they are; all lengths in ns. */
export type Verdict = {
  /** Root of the mean square of the errors, the 99.9th percentile of their size, and the largest. */
  readonly rms: Nanos;
  readonly p999: Nanos;
  readonly worst: Nanos;
  /** How much too fast or slow the told time ran from one look to the next, ratios: slewing counts. */
  readonly frequencyRms: number;
  readonly frequencyWorst: number;
  /** From the start of the judging to the first of ten looks in a row that are less than 1 ms off; Infinity for never. */
  readonly toMillisecond: Nanos;
  /** Looks at which the interval held true time, of those at which there was one; the warm-up's too. */
  readonly coverage: number;
  /** Median half width: of the interval, or the root distance. */
  readonly width: Nanos;
  /** Looks at which time was claimed, of those since it first was; the warm-up's too. */
  readonly availability: number;
};

/** Our own RMS error and width beside a contestant's, of the looks at which both claim time; ns. */
export type Beside = { readonly ours: Pick<Verdict, 'rms' | 'width'>; readonly theirs: Pick<Verdict, 'rms' | 'width'> };

type Claim = Interval & { readonly time: UnixNanos };

const claimOf = (reading: ContestantReading | undefined): Claim | undefined =>
  reading && {
    time: reading.time,
    ...widen({ earliest: reading.time, latest: reading.time }, reading.rootDistance),
  };

const CLOSE = 1e6;
const IN_A_ROW = 10;

type JudgeOptions = {
  /** How long errors and widths are not judged. */
  readonly warmUp?: Nanos;
  /** What UTC reads more than the world's time does: leap seconds. */
  readonly utc?: ClockError;
};

/**
 * @returns `look` to be called each second, by `world.pass`; `verdicts` and `beside` by name when all is over; ours is `OURS`.
 */
export const makeJudge = (world: World, contestants: readonly Contestant[] = [], options: JudgeOptions = {}) => {
  const { warmUp = nanos(0), utc = () => nanos(0) } = options;
  const start = world.now();
  world.onMeasured((source, measurement) => {
    for (const contestant of contestants) contestant.measured(source, measurement);
  });
  const [ours, theirs] = [
    makeTally(),
    contestants.map((contestant) => ({ contestant, ...makeTally(), beside: makeBeside() })),
  ];
  return {
    look: (): void => {
      const truth = after(world.now(), utc(world.now()));
      const elapsed = between(start, world.now());
      const claim = world.claim();
      ours.add(claim, truth, elapsed, elapsed > warmUp);
      for (const { contestant, add, beside } of theirs) {
        const other = claimOf(contestant.read(world.mono()));
        add(other, truth, elapsed, elapsed > warmUp);
        if (claim && other && elapsed > warmUp) beside.add(claim, other, truth);
      }
    },
    verdicts: (): ReadonlyMap<string, Verdict> =>
      new Map([
        [OURS, ours.verdict()],
        ...theirs.map(({ contestant, verdict }) => [contestant.name, verdict()] as const),
      ]),
    beside: (): ReadonlyMap<string, Beside> =>
      new Map(theirs.map(({ contestant, beside }) => [contestant.name, beside.both()])),
  };
};

const makeTally = () => {
  const sizes: number[] = [];
  const widths: number[] = [];
  const rates: number[] = [];
  let [looks, claims, covered, close] = [0, 0, 0, 0];
  let toMillisecond = Number.POSITIVE_INFINITY;
  let before: { readonly error: number; readonly elapsed: number } | undefined;
  return {
    add: (claim: Claim | undefined, truth: UnixNanos, elapsed: Nanos, isJudged: boolean): void => {
      const error = claim && between(truth, claim.time);
      close = error !== undefined && Math.abs(error) < CLOSE ? close + 1 : 0;
      if (close === IN_A_ROW) toMillisecond = Math.min(toMillisecond, elapsed - seconds(IN_A_ROW - 1));
      if (claim) claims++;
      if (claims > 0) looks++;
      if (claim && contains(claim, truth)) covered++;
      if (claim && isJudged) {
        sizes.push(Math.abs(error!));
        widths.push(width(claim) / 2);
        if (before) rates.push(Math.abs(error! - before.error) / (elapsed - before.elapsed));
      }
      before = claim && { error: error!, elapsed };
    },
    verdict: (): Verdict => ({
      rms: nanos(rootMeanSquare(sizes)),
      p999: quantile(sizes, 0.999),
      worst: quantile(sizes, 1),
      frequencyRms: rootMeanSquare(rates),
      frequencyWorst: quantile(rates, 1),
      toMillisecond: nanos(toMillisecond),
      coverage: covered / claims,
      width: quantile(widths, 0.5),
      availability: claims / Math.max(1, looks),
    }),
  };
};

const makeBeside = () => {
  const makeSide = () => {
    const [sizes, widths]: [number[], number[]] = [[], []];
    return {
      add: (claim: Claim, truth: UnixNanos): void => {
        sizes.push(between(truth, claim.time));
        widths.push(width(claim) / 2);
      },
      mean: () => ({ rms: nanos(rootMeanSquare(sizes)), width: quantile(widths, 0.5) }),
    };
  };
  const [ours, theirs] = [makeSide(), makeSide()];
  return {
    add: (claim: Claim, other: Claim, truth: UnixNanos): void => {
      ours.add(claim, truth);
      theirs.add(other, truth);
    },
    both: (): Beside => ({ ours: ours.mean(), theirs: theirs.mean() }),
  };
};

/** NaN of none. */
const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

/** The least value that is not below `share` of all; NaN of none. */
const quantile = (values: readonly number[], share: number): Nanos =>
  nanos(Float64Array.from(values).sort()[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN);
