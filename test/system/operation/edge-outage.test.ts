/** The edge goes away and comes back, with what it knew and without: the gateway needs no restart. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { expectTruth, startTestEdge, type TestEdge, untilTime } from '../../support/edge.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { type GatewayProcess, makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT = 5;

describe.skipIf(!hasChronyd)('a gateway whose edge is restarted', () => {
  const keep = stopAfterAll();
  const edgeDir = makeTempDir();
  let port: number;
  let x: string;
  let edge: TestEdge;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    const state = await makeGatewayState();
    x = state.x;
    port = await freeTcpPort();
    const upstream = await keep(startChronyd({ shiftSeconds: SHIFT }));
    edge = await keep(startTestEdge(x, { port, stateDir: edgeDir }));
    gateway = await keep(startGateway({ stateDir: state.stateDir, sources: [upstream], publish: [edge.url] }));
    await untilPublished(gateway);
  });

  const restart = async (stateDir: string): Promise<void> => {
    await edge.stop();
    edge = await keep(startTestEdge(x, { port, stateDir }));
  };
  type Log = readonly { readonly jws: string }[];
  const samples = async (): Promise<Log> => (await (await fetch(`${edge.url}/samples`)).json()) as Log;
  const untilNewer = ([before]: Log): Promise<boolean> =>
    waitFor('a newer sample', async () => {
      const [now] = await samples();
      return now !== undefined && now.jws !== before?.jws;
    });

  it('goes on where the edge has kept its samples', async () => {
    const before = await samples();
    await restart(edgeDir);
    expect(await samples()).toEqual(expect.arrayContaining([...before]));
    await untilNewer(before);
    expectTruth(await untilTime(edge.url), 1_000 * SHIFT);
  });

  it('goes on where the edge has lost all', async () => {
    const before = await samples();
    await restart(makeTempDir());
    expect(await samples()).not.toContainEqual(before[0]);
    await untilNewer(before);
    expectTruth(await untilTime(edge.url), 1_000 * SHIFT);
  });
});
