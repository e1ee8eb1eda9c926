/** A hundred thousand datagrams that are no requests, nearly are, or are: the same judge as in `npm run bench:server`. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FuzzReport } from '../../bench/load/fuzz.ts';
import { type GatewayProcess, startGateway } from '../../support/gateway.ts';
import { hasNamespaces, runBeside, startWithoutRoute } from '../../support/no-route.ts';
import { residentMiB } from '../../support/resident.ts';
import { NODE, ROOT } from '../../support/root.ts';

const FUZZ = join(ROOT, 'test/bench/load/fuzz.ts');
const [WARM_UP, COUNT] = [20_000, 100_000];

const fuzz = async ({ child, ntpPort }: GatewayProcess, count: number, seed: number): Promise<FuzzReport> => {
  const { stdout, stderr } = await runBeside(child, NODE, [FUZZ, `${ntpPort}`, `${count}`, `${seed}`]);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as FuzzReport;
};

const countsOf = async (gateway: GatewayProcess) => {
  const { served, dropped } = (await gateway.status()).server!;
  return { served, dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0) };
};

describe.skipIf(!hasNamespaces)('our NTP server under hostile datagrams', () => {
  it('answers requests alone and all of them, counts the rest, and is none the bigger for it', async () => {
    await using gateway = await startGateway({ sources: [{ port: 9 }], start: startWithoutRoute });
    await fuzz(gateway, WARM_UP, 0);
    const [before, size] = [await countsOf(gateway), residentMiB(gateway.child.pid)];
    const { sent, requests, answered, ...bad } = await fuzz(gateway, COUNT, 1);
    expect(bad).toEqual({ unanswered: 0, wrong: 0, faults: [] });
    expect(sent).toBeGreaterThanOrEqual(COUNT);
    expect(requests).toBeGreaterThan(COUNT / 10);

    const after = await countsOf(gateway);
    expect(after.served - before.served).toBe(answered);
    expect(after.dropped - before.dropped).toBe(sent - answered);
    expect(residentMiB(gateway.child.pid) - size).toBeLessThan(16);
    expect(gateway.child.said.stderr.split('\n').length).toBeLessThan(10);
  });
});
