/** What befalls the gateway, one after the other, each for less than a minute. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { askUnderFlood } from '../../support/under-flood.ts';
import type { World } from './world.ts';

export type Fault = {
  readonly name: string;
  /** While it lasts, the edge is not there to be asked. */
  readonly isOfEdge?: true;
  readonly befall: (world: World) => Promise<void>;
};

const GONE_MS = 20_000;
/** Until an edge that starts again knows the time: four samples, a second apart, after the gateway has tried anew. */
const BACK_MS = 30_000;
const FLOOD_S = 5;

const without = async (gone: readonly { stop(): Promise<void>; start(): Promise<void> }[]): Promise<void> => {
  await Promise.all(gone.map((one) => one.stop()));
  await setTimeout(GONE_MS);
  await Promise.all(gone.map((one) => one.start()));
};

const reload = async ({ gateway, config }: World): Promise<void> => {
  const good = readFileSync(config, 'utf8');
  for (const text of [good, `${good}\nnonsense = 1\n`, good]) {
    writeFileSync(config, text);
    process.kill(gateway.child.pid, 'SIGHUP');
    await setTimeout(2_000);
  }
};

export const FAULTS: readonly Fault[] = [
  { name: 'one upstream is gone', befall: ({ upstreams }) => without(upstreams.slice(0, 1)) },
  { name: 'a flood from a million addresses', befall: ({ gateway }) => askUnderFlood(gateway.ntpPort, FLOOD_S).then() },
  { name: 'all upstreams are gone', befall: ({ upstreams }) => without(upstreams) },
  { name: 'reloads, one with a fault', befall: reload },
  {
    name: 'the edge is gone',
    isOfEdge: true,
    befall: async ({ edge }) => {
      await without([edge]);
      await setTimeout(BACK_MS);
    },
  },
];
