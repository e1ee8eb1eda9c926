/** One scenario with one seed: what came of it, and what of that is not as it has to be. */
import { contains } from '#contract/interval.ts';
import { after, between, nanos, seconds } from '#contract/time.ts';
import type { Contestant } from './contestant.ts';
import { type Beside, makeJudge, OURS, type Verdict } from './judge.ts';
import type { Bounds, Scenario } from './scenarios/scenario.ts';

export type Outcome = {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** By contestant; none where it would not be fair to compare. */
  readonly beside: ReadonlyMap<string, Beside>;
  /** Seconds in which true time was not in what was claimed, and no broken assumption excuses it. */
  readonly wrong: number;
  /** Seconds from a breach to the last false claim. */
  readonly wrongFor: number;
  /** How often our clock was stepped after the warm-up. */
  readonly steps: number;
  /** What was said of each source at the end, by address. */
  readonly sources: Readonly<Record<string, string>>;
};

/** @param length - seconds, where not all of it is wanted. */
export const runScenario = async (
  scenario: Scenario,
  seed: number,
  contestants: readonly Contestant[] = [],
  length = scenario.length,
): Promise<Outcome> => {
  const { make, warmUp, happenings = [], utc = () => nanos(0), breaks, alone = false } = scenario;
  const world = await make(seed);
  const start = world.now();
  const judge = makeJudge(world, contestants, { warmUp: seconds(warmUp), utc });
  let [wrong, wrongFor, firstEpoch] = [0, 0, 1];
  const look = (): void => {
    judge.look();
    const elapsed = between(start, world.now()) / 1e9;
    if (elapsed <= warmUp) firstEpoch = world.gateway().core().epoch;
    const claim = world.claim();
    if (!claim || contains(claim, after(world.now(), utc(world.now())))) return;
    const since = elapsed - (breaks?.from ?? 0);
    if (since > 0 && breaks) wrongFor = since;
    if (!breaks || since <= 0 || since > breaks.within) wrong++;
  };
  const passUntil = (second: number): Promise<void> =>
    world.pass(nanos(Math.max(0, second * 1e9 - between(start, world.now()))), look);
  for (const { at, act } of happenings.filter(({ at }) => at < length)) {
    await passUntil(at);
    await act(world);
  }
  await passUntil(length);
  world.gateway().stop();
  const { sources, selection, epoch } = world.gateway().core();
  return {
    verdicts: judge.verdicts(),
    beside: alone ? new Map() : judge.beside(),
    wrong,
    wrongFor,
    steps: epoch - firstEpoch,
    sources: Object.fromEntries([...sources].map(([id, { address }]) => [address, selection.verdicts.get(id) ?? ''])),
  };
};

const LIMITS: readonly { readonly of: keyof Bounds & keyof Verdict; readonly isLeast?: boolean }[] = [
  { of: 'rms' },
  { of: 'worst' },
  { of: 'frequencyRms' },
  { of: 'frequencyWorst' },
  { of: 'toMillisecond' },
  { of: 'availability', isLeast: true },
];

const KEPT: Bounds = { availability: 0.999, rmsRatio: 1, widthRatio: 1, steps: 0 };

/**
 * @param outcomes - of one scenario with several seeds: ratios are those of their means, the rest is asked of each.
 * @param peer - the contestant that ratios are taken by.
 * @returns a line for each bound that is not met.
 */
export const missesOf = (scenario: Scenario, outcomes: readonly Outcome[], peer: string): readonly string[] => {
  const bounds: Bounds = { ...(!scenario.breaks && KEPT), ...scenario.bounds };
  const misses: string[] = [];
  const check = (name: string, value: number, bound: number | undefined, isLeast = false): void => {
    if (bound === undefined || (isLeast ? value >= bound : value <= bound)) return;
    misses.push(`${name} ${value.toPrecision(3)}, not ${bound}`);
  };
  for (const { verdicts, wrong, steps, sources } of outcomes) {
    check('seconds without true time', wrong, 0);
    check('steps', steps, bounds.steps);
    for (const { of, isLeast } of LIMITS) check(of, verdicts.get(OURS)![of], bounds[of], isLeast);
    for (const [address, verdict] of Object.entries(bounds.verdicts ?? {})) {
      if (sources[address] !== verdict) misses.push(`${address} is ${sources[address]}, not ${verdict}`);
    }
  }
  const beside = outcomes.flatMap((outcome) => outcome.beside.get(peer) ?? []);
  if (beside.length > 0) {
    check('rms ratio', ratioOf(beside, 'rms'), bounds.rmsRatio);
    check('width ratio', ratioOf(beside, 'width'), bounds.widthRatio);
  }
  return misses;
};

/** Ours by theirs, of the means. */
export const ratioOf = (beside: readonly Beside[], of: 'rms' | 'width'): number =>
  beside.reduce((sum, { ours }) => sum + ours[of], 0) / beside.reduce((sum, { theirs }) => sum + theirs[of], 0);
