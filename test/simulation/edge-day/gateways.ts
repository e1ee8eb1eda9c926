/** Real gateways that ask simulated servers and post to isolates near them, through losses, outages and restarts. */
import type { Verified } from '#contract/jws.ts';
import type { PulledTime } from '#contract/pulled-time.ts';
import { milliseconds, type Nanos, seconds } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { clockOf } from '../../../ntp-gateway/core/state.ts';
import { isUsable, readClock } from '../../../ntp-gateway/discipline/clock.ts';
import { pulledTimeOf } from '../../../ntp-gateway/protocol/pulls.ts';
import type { Answer } from '../../../ntp-gateway/publish/answer.ts';
import type { Answered } from '../../../worker/isolate.ts';
import { type Dice, randomFrom } from '../../support/dice.ts';
import { exponential } from '../noise.ts';
import { makeServer } from '../server.ts';
import { makeWorld, type World } from '../world.ts';
import type { Course } from './course.ts';
import type { Location } from './map.ts';
import type { Population } from './population.ts';
import type { Pulls } from './pulls.ts';

const ORIGIN = 'https://edge.test';
const PULL_URL = 'https://gateway.test';
/** Of posts, each way. */
const LOSS = 0.01;
/** As `io/https.ts` has it. */
const LONGEST_WAIT_MS = 10_000;
const HOUR = 3_600_000;

/** ms from the beginning. */
type Span = { readonly from: number; readonly until: number };

export type Fate = {
  readonly id: string;
  readonly location: Location;
  /** What its servers say is so far off, and near. */
  readonly lie?: Nanos;
  /** It is stopped, and then comes back in a new epoch. */
  readonly down?: Span;
  /** Whether isolates are told to ask it themselves. */
  readonly canBeAsked: boolean;
};

/** @returns when the gateway has begun to ask its servers. */
export const startGatewayOfDay = async (
  { id, location, lie, down, canBeAsked }: Fate,
  lengthMs: number,
  seed: number,
  course: Course,
  population: Population,
  pulls: Pulls,
): Promise<World> => {
  const dice = randomFrom(seed, id);
  const outages = spans(lengthMs, 4 * HOUR, (dice) => (HOUR * (1 + 3 * dice.fraction())) / 60, dice);
  const isOut = (): boolean =>
    outages.some(({ from, until }) => from <= course.passedMs() && course.passedMs() < until);
  const lost = async (): Promise<never> => {
    await course.wait(LONGEST_WAIT_MS);
    throw new Error('no answer');
  };

  const post = async (sample: TimeSample, sha256: string): Promise<Answer> => {
    if (isOut()) throw new Error('no route');
    if (dice.fraction() < LOSS) return lost();
    await course.wait(1 + 3 * dice.exponential());
    const { isolate, scope } = population.at(location);
    const from = { origin: ORIGIN, location: location.name, gatewayKey: undefined };
    const answered = await isolate.keep(scope, sha256, sample as Verified<TimeSample>, [], from);
    if (dice.fraction() < LOSS) return lost();
    await course.wait(1 + 3 * dice.exponential());
    return answerOf(answered);
  };

  const near = { there: milliseconds(0.2), back: milliseconds(0.2), noise: exponential(milliseconds(0.05)) };
  const servers =
    lie === undefined
      ? {
          a: makeServer(),
          b: makeServer({ there: milliseconds(3), back: milliseconds(8) }),
          c: makeServer({ loss: 0.1 }),
        }
      : { a: makeServer({ ...near, error: () => lie }) };
  const world = await makeWorld({
    seed: Math.floor(dice.fraction() * 2 ** 32),
    servers,
    timeline: course.timeline,
    config: { id, publish: [{ origin: ORIGIN, interval: seconds(16), ...(canBeAsked && { pullUrl: PULL_URL }) }] },
    edge: (sample, sha256) => course.work(post(sample, sha256)),
  });
  for (const { from } of spans(lengthMs, 8 * HOUR, () => 0, dice))
    course.after(from, () => {
      if (!down || from < down.from || down.until < from) void world.restart();
    });
  const isDown = (): boolean => down !== undefined && down.from <= course.passedMs() && course.passedMs() < down.until;
  pulls.reach(id, { location, tell: () => (isOut() || isDown() ? undefined : pulledTime(id, world)) });
  if (down) {
    course.after(down.from, () => world.gateway().stop());
    course.after(down.until, () => void world.restart());
  }
  return world;
};

/** As `io/pull-answers.ts` would sign it. */
const pulledTime = (id: string, { gateway, ports }: World): PulledTime | undefined => {
  const clock = clockOf(gateway().core());
  const reading = clock && readClock(clock, ports.mono());
  if (!clock?.synchronized || !reading || !isUsable(clock, reading)) return undefined;
  const { epoch } = clock;
  return pulledTimeOf(id, { origin: ORIGIN, nonce: 'n'.repeat(22) }, { ...reading, epoch, leap: 'none' });
};

/** As a Poisson process. */
const spans = (lengthMs: number, every: number, length: (dice: Dice) => number, dice: Dice): readonly Span[] => {
  const drawn: Span[] = [];
  for (let from = every * dice.exponential(); from < lengthMs; from += every * dice.exponential())
    drawn.push({ from, until: from + length(dice) });
  return drawn;
};

/** As `worker/routes/samples.ts` would. */
const answerOf = (answered: Answered | undefined): Answer => {
  if (!answered) return { status: 503, body: undefined };
  const { reading, place } = answered;
  if (reading.ok) return { status: 200, body: { ...reading.value, edgeKeys: [] } };
  const status = reading.reason === 'replayed' || reading.reason === 'forked' ? 409 : 422;
  return { status, body: { type: `urn:noonmark:problem:${reading.reason}`, ...place } };
};
