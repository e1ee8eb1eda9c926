/** kill -9 at any moment: the next start finds whole files, signs in a later epoch, and its edge takes what it says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { makeCertificate } from '../../support/certificate.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startTestEdge } from '../../support/edge.ts';
import { freeTcpPort, freeUdpPort } from '../../support/free-port.ts';
import { makeGatewayState, spawnGateway, startGateway, untilPublished } from '../../support/gateway.ts';

const KILLS = 20;
/** Before it serves, as it does, while it posts for the first times: spread evenly over so many ms from its start. */
const OVER_MS = 1_500;

it.skipIf(!hasChronyd)(
  `a gateway that is killed ${KILLS} times goes on each time`,
  async () => {
    const { stateDir, x } = await makeGatewayState();
    await using upstream = await startChronyd();
    await using edge = await startTestEdge(x);
    const { certificate, key } = makeCertificate();
    const nts = { listen: [`127.0.0.1:${await freeTcpPort()}`], certificate, key };
    const options = { stateDir, sources: [upstream], publish: [edge.url], server: { nts } };
    const read = (name: string): string => readFileSync(join(stateDir, name), 'utf8');
    const start = async () => startGateway({ ...options, ntpPort: await freeUdpPort() });

    {
      await using first = await start();
      await untilPublished(first);
    }
    const kept = { key: read('gateway.key'), nts: read('nts-keys') };
    const epochs = [Number(read('epoch'))];
    for (let kill = 0; kill < KILLS; kill++) {
      const child = await spawnGateway({ ...options, ntpPort: await freeUdpPort() });
      await sleep((OVER_MS * kill) / KILLS);
      process.kill(child.pid, 'SIGKILL');
      await child.ended;
      expect(read('epoch')).toMatch(/^\d+\n$/);
      epochs.push(Number(read('epoch')));
      expect({ key: read('gateway.key'), nts: read('nts-keys') }).toEqual(kept);
    }
    expect(epochs).toEqual([...epochs].sort((a, b) => a - b));

    await using last = await start();
    const { publish, epoch } = await untilPublished(last);
    expect(epoch).toBeGreaterThan(epochs.at(-1)!);
    expect(publish[0]!.counters).not.toHaveProperty('status-409'); // nothing was refused as replayed or forked
    expect(last.child.said.stderr).not.toMatch(/damaged|cannot/);
    expect(readdirSync(stateDir).filter((name) => name.endsWith('.damaged'))).toEqual([]);
  },
  150_000,
);
