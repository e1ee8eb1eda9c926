/** Sources behind paths, a wandering oscillator and no gateway: what an estimator alone is worth. */
import { after, between, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';
import { type Dice, randomFrom } from '../../support/dice.ts';
import type { Contestant } from '../contestant.ts';

/** All in seconds. */
export type Course = {
  /** Standard deviation of the random walk of our oscillator's frequency, per √s. */
  readonly wander: number;
  readonly sources: readonly {
    /** Of one way. */
    readonly delay: (dice: Dice, way: 'there' | 'back') => number;
    readonly poll: number;
    /** What its clock reads more than true time. */
    readonly error?: number;
  }[];
};

/** In ns; `claimed` and `covered` are shares of all looks, and of those at which it claimed to know the time. */
export type Score = {
  readonly claimed: number;
  readonly covered: number;
  readonly rms: number;
  readonly medianRootDistance: number;
};

const START = unixNanos(1_795_336_200_000_000_000n);
const MONO = monoNanos(1_000_000_000n);
const [SETTLED, END] = [10_000, 100_000];
const TURNAROUND = 2e-5;

/** @param every - seconds between two looks at the clocks, once they have settled. */
export const race = (course: Course, contestants: readonly Contestant[], seed: number, every: number): Score[] => {
  const dice = randomFrom(seed);
  const looks = contestants.map(() => ({ squares: 0, covered: 0, distances: [] as number[] }));
  const sources = course.sources.map((source, i) => ({ ...source, name: `${i}`, next: source.poll * dice.fraction() }));
  let frequency = 2e-5;
  /** What the oscillator has counted more than true time. */
  let gained = 0;
  let looked = 0;

  for (let second = 0; second < END; second++) {
    const mono = (time: number) => after(MONO, seconds(time + gained + (time - second) * frequency));
    const replies: { name: string; measurement: Measurement; at: number }[] = [];
    for (const source of sources) {
      const { name, delay, poll, error = 0 } = source;
      for (; source.next < second + 1; source.next += poll * (1 + 0.02 * dice.fraction())) {
        const arrival = source.next + delay(dice, 'there');
        const at = arrival + TURNAROUND + delay(dice, 'back');
        const t2 = after(START, seconds(arrival + error));
        const t3 = after(START, seconds(arrival + error + TURNAROUND));
        replies.push({ name, at, measurement: measurement({ t1: mono(source.next), t2, t3, t4: mono(at) }) });
      }
    }
    for (const { name, measurement } of replies.sort((a, b) => a.at - b.at)) {
      for (const contestant of contestants) contestant.measured(name, measurement);
    }
    if (second >= SETTLED && second % every === 0) {
      looked++;
      const [now, truth] = [mono(second), after(START, seconds(second))];
      for (const [i, look] of looks.entries()) {
        const reading = contestants[i]!.read(now);
        if (!reading) continue;
        const error = between(truth, reading.time);
        look.squares += error ** 2;
        look.covered += Number(Math.abs(error) <= reading.rootDistance);
        look.distances.push(reading.rootDistance);
      }
    }
    gained += frequency;
    frequency += course.wander * dice.normal();
  }
  return looks.map(({ squares, covered, distances }) => ({
    claimed: distances.length / looked,
    covered: covered / distances.length,
    rms: Math.sqrt(squares / distances.length),
    medianRootDistance: distances.sort((a, b) => a - b)[distances.length >> 1] ?? Number.NaN,
  }));
};

const measurement = (exchange: Measurement['exchange']): Measurement => ({
  exchange,
  leap: 'none',
  stratum: 1,
  precision: nanos(100),
  rootDelay: nanos(0),
  rootDispersion: nanos(0),
  referenceId: 0x47505300,
  referenceTime: exchange.t2,
});
