/** What thinking costs: one reply learnt, and a gateway's whole client side with 64 sources, its sockets simulated. */
import { after, milliseconds, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import { type Estimator, learn } from '../../ntp-gateway/discipline/estimator.ts';
import type { Measurement } from '../../ntp-gateway/protocol/reply.ts';
import { makeServer } from '../simulation/server.ts';
import { makeWorld } from '../simulation/world.ts';
import { randomFrom } from '../support/dice.ts';
import { type Figure, median } from './figures.ts';

const OSCILLATOR = { maxDrift: 5e-4 };
const REPLIES = 20_000;
const ROUNDS = 5;
const SOURCES = 64;
const SIMULATED_S = 1_800;

export const benchEstimator = async (): Promise<readonly Figure[]> => [
  { name: 'a reply learnt', unit: 'µs', ours: median(Array.from({ length: ROUNDS }, learnMany)), aim: '≤ 50' },
  { name: `${SOURCES} sources, each polled every 64 s`, unit: '% of a core', ours: await manySources(), aim: '≤ 1' },
];

/** @returns µs for each. */
const learnMany = (): number => {
  const dice = randomFrom(1);
  let estimator: Estimator | undefined;
  const begin = performance.now();
  for (let i = 0; i < REPLIES; i++) {
    const there = nanos(milliseconds(10) + milliseconds(1) * dice.exponential());
    const back = nanos(milliseconds(10) + milliseconds(1) * dice.exponential());
    estimator = learn(estimator, measurement(i * 64, there, back), OSCILLATOR);
  }
  return ((performance.now() - begin) / REPLIES) * 1e3;
};

const measurement = (at: number, there: number, back: number): Measurement => {
  const t1 = after(monoNanos(0n), seconds(at));
  const t2 = after(unixNanos(1_795_336_200_000_000_000n), nanos(at * 1e9 + there));
  return {
    exchange: { t1, t2, t3: t2, t4: after(t1, nanos(there + back)) },
    leap: 'none',
    stratum: 1,
    precision: nanos(60),
    rootDelay: nanos(0),
    rootDispersion: nanos(0),
    referenceId: 0,
    referenceTime: t2,
  };
};

/** With all that the simulation of the network itself costs. */
const manySources = async (): Promise<number> => {
  const servers = Object.fromEntries(Array.from({ length: SOURCES }, (_, i) => [`${i}`, makeServer()]));
  const world = await makeWorld({ seed: 1, servers, every: { minPoll: 6, maxPoll: 6 } });
  await world.pass(seconds(600));
  const begin = process.cpuUsage();
  await world.pass(seconds(SIMULATED_S));
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e4 / SIMULATED_S;
};
