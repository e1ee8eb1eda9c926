/** What befalls the host: it sleeps, starts again, is moved to another machine. */
import { seconds } from '#contract/time.ts';
import { takeLook } from '../../../ntp-gateway/discipline/jump.ts';
import { recall } from '../../../ntp-gateway/discipline/remembered.ts';
import type { World } from '../world.ts';
import { perfect, queued, type Scenario, worldOf } from './scenario.ts';

const HOUR = 3_600;

const threeServers = worldOf(() => ({
  servers: { a: perfect(queued(2, 0.3)), b: perfect(queued(5, 0.5)), c: perfect(queued(8, 1)) },
  oscillator: { frequency: 2e-5, wander: 1e-9 },
}));

/** Ten minutes later, with what the first run kept. */
const restart = async (world: World): Promise<void> => {
  world.gateway().stop();
  await world.pass(seconds(600));
  await world.restart(recall(world.kept.at(-1)!, true, takeLook(world.ports)));
};

const rest = { make: threeServers, length: 6 * HOUR, warmUp: 600, quick: 3.5 * HOUR, alone: true };

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
  },
];
