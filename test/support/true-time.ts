/** True time as a caller gets it: a chronyd, a gateway that asks it, and the edge that this one publishes to. */
import { startChronyd } from './chronyd.ts';
import { startTestEdge, type TestEdge } from './edge.ts';
import { makeGatewayState, startGateway } from './gateway.ts';
import type { stopAfterAll } from './stop-after-all.ts';
import { waitFor } from './wait-for.ts';

export type TrueTime = {
  readonly edge: TestEdge;
  /** The gateway's public key. */
  readonly x: string;
};

/** Resolves once answers are signed. @param shiftSeconds - how far true time is ahead of this host: 0, or more than 1 s. */
export const startTrueTime = async (keep: ReturnType<typeof stopAfterAll>, shiftSeconds = 0): Promise<TrueTime> => {
  const { stateDir, x } = await makeGatewayState();
  const chronyd = await keep(startChronyd({ shiftSeconds }));
  const edge = await keep(startTestEdge(x));
  await keep(startGateway({ stateDir, sources: [chronyd], publish: [edge.url] }));
  await waitFor('a signed answer', async () => (await fetch(`${edge.url}/time?format=jws`)).ok);
  return { edge, x };
};
