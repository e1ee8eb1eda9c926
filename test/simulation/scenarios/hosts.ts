/** What befalls the host: it sleeps, starts again, is moved to another machine. */
import { seconds } from '#contract/time.ts';
import { takeLook } from '../../../ntp-gateway/discipline/jump.ts';
import { recall } from '../../../ntp-gateway/discipline/remembered.ts';
import type { OscillatorOptions } from '../oscillator.ts';
import type { World } from '../world.ts';
import { perfect, queued, type Scenario, worldOf } from './scenario.ts';

const HOUR = 3_600;

const OSCILLATOR = { frequency: 2e-5, wander: 1e-9 };

const threeServers = (oscillator: OscillatorOptions) =>
  worldOf(() => ({
    servers: { a: perfect(queued(2, 0.3)), b: perfect(queued(5, 0.5)), c: perfect(queued(8, 1)) },
    oscillator,
  }));

/** Ten minutes later, with what the first run kept. */
const restart = async (world: World): Promise<void> => {
  world.gateway().stop();
  await world.pass(seconds(600));
  await world.restart(recall(world.kept.at(-1)!, true, takeLook(world.ports)));
};

const rest = { make: threeServers(OSCILLATOR), length: 6 * HOUR, warmUp: 600, quick: 3.5 * HOUR, alone: true };

export const HOSTS: readonly Scenario[] = [
  {
    ...rest,
    name: 'a restart with what was kept of the oscillator (104)',
    happenings: [{ at: 3 * HOUR, act: restart }],
    bounds: { steps: 1 },
  },
  {
    ...rest,
    name: 'the host sleeps for an hour',
    happenings: [{ at: HOUR, act: (world) => world.suspend(seconds(HOUR)) }],
    bounds: { steps: 1 },
  },
  {
    ...rest,
    name: 'a live migration that takes 10 s: no clock of the host shows it',
    happenings: [{ at: HOUR, act: (world) => world.migrate(seconds(10)) }],
    breaks: { assumption: 'A4', from: HOUR, within: 1_100 },
    alone: false,
  },
  {
    ...rest,
    name: 'an oscillator that jumps by 20 ppm: a machine that is moved, and its clock with it',
    make: threeServers({ ...OSCILLATOR, steps: [{ at: seconds(3 * HOUR), by: 2e-5 }] }),
    breaks: { assumption: 'A3', from: 3 * HOUR, within: 1_100 },
    alone: false,
  },
];
