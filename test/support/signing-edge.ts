/** An edge that signs what it tells: chronyd, a gateway that asks it, and the edge that this one publishes to. */
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { startChronyd } from './chronyd.ts';
import { startTestEdge } from './edge.ts';
import { makeGatewayState, startGateway } from './gateway.ts';
import type { stopAfterAll } from './stop-after-all.ts';
import { waitFor } from './wait-for.ts';

export const startSigningEdge = async (keep: ReturnType<typeof stopAfterAll>, shiftSeconds = 0) => {
  const { stateDir, x } = await makeGatewayState();
  const [gatewayKey] = await importGatewayKey('', x);
  const [upstream, edge] = await Promise.all([keep(startChronyd({ shiftSeconds })), keep(startTestEdge(x))]);
  await keep(startGateway({ stateDir, sources: [upstream], publish: [edge.url] }));
  await waitFor('a signed answer', async () => (await fetch(`${edge.url}/time?format=jws`)).ok);
  return { url: edge.url, gatewayKey };
};
