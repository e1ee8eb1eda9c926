/** `/time` beside the least that a Worker can do with hono: both in one workerd, each on a socket of its own. */
import { join } from 'node:path';
import { startChild } from '../support/child.ts';
import { startChronyd } from '../support/chronyd.ts';
import { makeGatewayState, startGateway, untilPublished } from '../support/gateway.ts';
import { NODE } from '../support/root.ts';
import { waitFor } from '../support/wait-for.ts';
import { moveChildrenToAnswering, runAsking } from './cores.ts';
import { startWorkers } from './edge/workers.ts';
import { alternate, type Figure, median } from './figures.ts';
import type { HttpLoad } from './load/http.ts';

const CANNED = join(import.meta.dirname, 'edge/canned.ts');
const LOAD = join(import.meta.dirname, 'load/http.ts');
const ROUNDS = 7;
const ROUND_S = 1.5;
const CONNECTIONS = 32;

const loadOf = (url: string) => (): Promise<HttpLoad> => runAsking(LOAD, url, `${CONNECTIONS}`, `${ROUND_S}`);

export const benchEdge = async (): Promise<readonly Figure[]> => {
  await using chronyd = await startChronyd();
  const { stateDir, x } = await makeGatewayState();
  await using workers = await startWorkers(x);
  await using gateway = await startGateway({ stateDir, sources: [chronyd], publish: [workers.edge] });
  await using canned = await startChild(NODE, [CANNED]);
  const cannedOrigin = await waitFor('the canned answer', () => canned.said.stdout.trim() || undefined);
  await untilPublished(gateway);
  await moveChildrenToAnswering();

  const { time, bare, most } = await alternate(ROUNDS, {
    time: loadOf(`${workers.edge}/time`),
    bare: loadOf(`${workers.bare}/`),
    most: loadOf(cannedOrigin),
  });
  const perSecond = (loads: readonly HttpLoad[]) => median(loads.map((load) => load.perSecond));
  const middle = (loads: readonly HttpLoad[]) => median(loads.map((load) => load.medianMs));
  const name = 'bare hono route';
  return [
    {
      name: '/time in workerd',
      unit: 'requests/s',
      ours: perSecond(time),
      peer: { name, value: perSecond(bare) },
      aim: '≥ 0.7',
    },
    {
      name: `/time in workerd, ${CONNECTIONS} connections`,
      unit: 'ms at p50',
      ours: middle(time),
      peer: { name, value: middle(bare) },
    },
    { name: 'what the asking side can do: a canned answer', unit: 'requests/s', ours: perSecond(most) },
  ];
};
