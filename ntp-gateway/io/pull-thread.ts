/**
 * The thread that edges ask for the time: they are many and unknown, and must hold up neither the gateway nor those who
 * answer the LAN. pull-server.ts starts it.
 */
import { workerData } from 'node:worker_threads';
import type { Endpoint } from '../config.ts';
import { openSigningClocks } from './clocks.ts';
import { listenWith, tellListening } from './listening.ts';
import { createPullServer, type PullContext } from './pull-answers.ts';

/** What the thread is given. Plain data. */
export type PullData = PullContext & { readonly listen: readonly Endpoint[] };

const { listen, ...context }: PullData = workerData;
const clocks = openSigningClocks();
tellListening(listen.map((endpoint) => listenWith(createPullServer(context, clocks), endpoint)));
