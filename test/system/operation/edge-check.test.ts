/** A real edge on a clock that is wrong tells a wrong time: its gateway, asking as any caller does, keeps the evidence. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { openAnswer } from '#contract/signed-answer.ts';
import { unixNanos } from '#contract/time.ts';
import { runChild } from '../../support/child.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startTestEdge } from '../../support/edge.ts';
import { makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { GATEWAY_ID } from '../../support/gateway-config.ts';
import { readmeBlock } from '../../support/readme-block.ts';
import { startSteppedEdge } from '../../support/stepped-edge.ts';
import { waitFor } from '../../support/wait-for.ts';

const AHEAD = 30;
/** The first question is asked ten seconds on; on a machine that stood still it may be the second one, a minute later. */
const PATIENCE_MS = 100_000;

it.skipIf(!hasChronyd)(
  'a lying edge is found out, an honest one is not, and whoever doubts it can verify what was said',
  async () => {
    const { stateDir, x } = await makeGatewayState();
    await using upstream = await startChronyd({ stratum: 1 });
    await using honest = await startTestEdge(x);
    await using liar = await startSteppedEdge(x);
    const publish = [honest.url, liar.url];
    await using gateway = await startGateway({ stateDir, sources: [upstream], publish, publishInterval: '1h' });
    await untilPublished(gateway, 4);
    await liar.step(1_000 * AHEAD);

    const checks = await waitFor(
      'a violation',
      async () => {
        const { publish } = await gateway.status();
        const [one, other] = publish.map(({ check }) => check);
        return one?.outcome === 'agreed' && other?.outcome === 'violation' && { one, other };
      },
      PATIENCE_MS,
    );
    expect(checks.one).toMatchObject({ violations: 0, beyondMs: 0 });
    expect(checks.other.violations).toBeGreaterThan(0);
    expect(checks.other.beyondMs).toBeGreaterThan(1_000 * (AHEAD - 5));
    expect((await gateway.status()).clock?.uncertaintyMs).toBeLessThan(1_000);
    expect(gateway.child.said.stderr.match(/tells an interval that ours contradicts/g)).toHaveLength(1);

    const folder = join(stateDir, 'violations');
    const [name, ...others] = readdirSync(folder).filter((one) => one.endsWith('-1.json')); // of the one episode
    expect(others).toEqual([]);
    const path = join(folder, name!);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { edge, nonce, jws, gateway: by, said, after } = JSON.parse(readFileSync(path, 'utf8'));
    expect({ edge, gateway: by.id }).toEqual({ edge: liar.url, gateway: GATEWAY_ID });
    const keys = new Map([await importGatewayKey(by.id, by.x)]);
    const opened = await openAnswer(jws, keys, { nonce, origin: edge, floor: unixNanos(0n) });
    expect(opened.ok && opened.value.earliestUnixMs * 1e6).toBeCloseTo(Number(said.earliestUnixNs), -4);
    expect(Number(said.earliestUnixNs) - Number(after.latestUnixNs)).toBeGreaterThan(1e9 * (AHEAD - 5));

    // And by what stands in the documentation, for who has neither gateway nor edge.
    const program = readmeBlock('docs/verify.md', 'violation');
    const python = (file: string, key: string) => runChild('python3', ['-c', program, file, key]);
    if ((await runChild('python3', ['-c', 'import cryptography'])).code !== 0) return;
    const { stdout, stderr } = await python(path, by.x);
    expect(stdout, stderr).toMatch(
      /^http\S+ has signed \S+Z to \S+Z\nby the clock of \S+ that is \+(2[5-9]|3\d)\d{3}\.\d{3} ms more/,
    );
    const forged = join(stateDir, 'forged.json');
    writeFileSync(forged, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), nonce: 'n'.repeat(32) }));
    for (const [file, key] of [
      [path, 'A'.repeat(43)],
      [forged, by.x],
    ] as const)
      expect(await python(file, key)).toMatchObject({ code: 1, stderr: 'not verified\n' });
  },
  PATIENCE_MS + 60_000,
);
