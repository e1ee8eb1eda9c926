/**
 * The thread that edges ask for the time: they are many and unknown, and must hold up neither the gateway nor those who
 * answer the LAN. pull-server.ts starts it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { SigningKey } from '#contract/jws.ts';
import type { Endpoint } from '../config.ts';
import { openSigningClocks } from './clocks.ts';
import { listenWith, tellListening } from './listening.ts';
import { createPullServer, type PullContext } from './pull-answers.ts';

/** What the thread is given. Plain data. */
export type PullData = Omit<PullContext, 'edges'> & PullChanging & { readonly listen: readonly Endpoint[] };

/** And again, later on. */
export type PullChanging = {
  /** Origins of the edges that may ask. */
  readonly edges: readonly string[];
  readonly key: SigningKey;
};

const { listen, key: first, ...context }: PullData = workerData;
const edges = new Set(context.edges);
let key = first;
const clocks = openSigningClocks();

parentPort!.on('message', (changed: Partial<PullChanging>) => {
  key = changed.key ?? key;
  if (!changed.edges) return;
  edges.clear();
  for (const edge of changed.edges) edges.add(edge);
});
const create = () => createPullServer({ ...context, edges }, () => key, clocks);
tellListening(listen.map((endpoint) => listenWith(create(), endpoint)));
