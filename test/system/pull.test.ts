/** A gateway that is asked by edges, as its operator runs it: what it signs is verified by jose and by openssl. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { compactVerify, importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { openPulledTime, questionUrl } from '#contract/pulled-time.ts';
import { runChild } from '../support/child.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { askTime, expectTruth, hostMs, startTestEdge, untilTime } from '../support/edge.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import {
  type GatewayProcess,
  makeGatewayState,
  runGateway,
  startGateway,
  untilPublished,
  untilWithin,
} from '../support/gateway.ts';
import { GATEWAY_ID } from '../support/gateway-config.ts';
import { readmeBlock } from '../support/readme-block.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR_MS = 3_600_000;
const NONCE = 'c29tZSBkaWNlIGZvciB5b3U';
const keep = stopAfterAll();

describe.skipIf(!hasChronyd)('a gateway that edges ask', () => {
  const folder = makeTempDir();
  const recording = join(folder, 'run.jsonl');
  let [gateway, url, edge, x] = [{} as GatewayProcess, '', '', ''];
  beforeAll(async () => {
    const state = await makeGatewayState();
    x = state.x;
    const upstream = await keep(startChronyd({ shiftSeconds: HOUR_MS / 1e3, stratum: 1 }));
    const port = await freeTcpPort();
    [url, edge] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${await freeTcpPort()}`];
    gateway = await keep(
      startGateway({
        stateDir: state.stateDir,
        sources: [{ ...upstream, minPoll: -4 }],
        publish: [edge],
        pullUrl: url,
        server: { pull: { listen: [`127.0.0.1:${port}`] } },
        record: recording,
      }),
    );
    await untilWithin(gateway, 100);
  });
  const ask = (origin = edge, nonce = NONCE) => fetch(questionUrl(url, { origin, nonce }));

  it('tells the time of its sources, as it was between question and answer', async () => {
    const keys = new Map([await importGatewayKey(GATEWAY_ID, x)]);
    const before = hostMs();
    const jws = await (await ask()).text();
    const after = hostMs();
    const question = { gateway: GATEWAY_ID, origin: edge, nonce: NONCE };
    const pulled = await openPulledTime(jws, keys, question);
    if (!pulled.ok) throw new Error(pulled.reason);
    expect(Number(pulled.value.earliestUnixNs) / 1e6).toBeLessThanOrEqual(after + HOUR_MS);
    expect(Number(pulled.value.latestUnixNs) / 1e6).toBeGreaterThanOrEqual(before + HOUR_MS);
    expect(pulled.value.epoch).toBe((await gateway.status()).epoch);
    expect(await openPulledTime(jws, keys, { ...question, nonce: `${NONCE}A` })).toMatchObject({
      reason: 'wrong-nonce',
    });
  });

  it('is verified by jose', async () => {
    const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA');
    const { payload, protectedHeader } = await compactVerify(await (await ask()).text(), key);
    expect(protectedHeader.typ).toBe('pulled-time+jws');
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ aud: edge, nonce: NONCE, version: 1 });
  });

  it('is verified by openssl, by the recipe of contract/README.md', async () => {
    const recipe = readmeBlock('contract/README.md', 'recipe').replace(/^x=.*$/m, `x=${x}`);
    const cwd = makeTempDir();
    writeFileSync(join(cwd, 'sample.jws'), await (await ask()).text());
    const { code, stdout } = await runChild('bash', ['-euo', 'pipefail', '-c', recipe], { cwd });
    expect(stdout).toMatch(/^Signature Verified Successfully\n\{"version":1,"gateway":"gw-test"/);
    expect(code).toBe(0);
  });

  it('says nothing to others, and of them no line in the log, but counts', async () => {
    const before = gateway.child.said.stderr;
    const refused = [await ask('https://a.test'), await ask(edge, 'short'), await fetch(`${url}/status`)];
    expect(refused.map(({ status }) => status)).toEqual([401, 400, 404]);
    const { pulls = {} } = await gateway.status();
    expect(pulls).toMatchObject({ 'wrong-audience': 1, malformed: 1, 'no-such-path': 1 });
    expect(pulls.received).toBe((pulls.answered ?? 0) + 3);
    expect(gateway.child.said.stderr.slice(before.length)).not.toMatch(/pull|aud|401/);
    const { stdout } = await runGateway('status', '--state-dir', gateway.stateDir);
    expect(stdout).toMatch(/^pulls {10}received \d+, answered \d+, no-such-path 1, malformed 1, wrong-audience 1$/m);
  });

  it('is there for edges whatever others send, and however many connections they open', async () => {
    const { hostname: host, port } = new URL(url);
    const sockets = Array.from({ length: 300 }, () => connect(Number(port), host).on('error', () => {}));
    try {
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      await waitFor('the oldest to make room', async () => {
        const { pulls = {} } = await gateway.status();
        return (pulls['too-many'] ?? 0) >= 300 - 256;
      });
      const hostile = ['', 'GET ', '\0\xff'.repeat(3_000), `GET /${'a'.repeat(9_000)}`, 'POST / HTTP/1.1\r\n\r\n'];
      for (const [index, socket] of sockets.entries()) if (socket.writable) socket.write(hostile[index % 5]!, 'latin1');
      expect((await ask()).status).toBe(200);
      expect(gateway.child.said.stderr).not.toMatch(/failed|error/i);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('ran as it was recorded: questions are no events', async () => {
    await gateway.stop();
    expect(await gateway.child.ended).toBe(0);
    const { code, stdout } = await runGateway('replay', recording);
    expect(stdout).toMatch(/^events {9}\d+, to the end$/m);
    expect(code).toBe(0);
  });
});

describe('a gateway that edges ask, and that nobody tells the time', () => {
  it('signs nothing, not even of the clock of its host', async () => {
    const port = await freeTcpPort();
    const [url, edge] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${await freeTcpPort()}`];
    const gateway = await keep(
      startGateway({
        sources: [{ port: await freeUdpPort() }],
        local: { uncertainty: '10ms' },
        publish: [edge],
        pullUrl: url,
        server: { pull: { listen: [`127.0.0.1:${port}`] } },
      }),
    );
    await waitFor('the host’s own clock', async () => (await gateway.status()).clock !== undefined);
    const response = await fetch(questionUrl(url, { origin: edge, nonce: NONCE }));
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { type: 'urn:noonmark:problem:unsynchronized' },
    ]);
  });
});

describe.skipIf(!hasChronyd)('an edge that asks its gateway', () => {
  type Health = { gateways: Record<string, { verdict: string; pulls?: { bounds: number; failures: object } }> };

  it('knows the time by that, also where nothing else tells it', async () => {
    const { stateDir, x } = await makeGatewayState();
    const upstream = await keep(startChronyd({ shiftSeconds: HOUR_MS / 1e3, stratum: 1 }));
    const [port, edgePort] = [await freeTcpPort(), await freeTcpPort()];
    const edgeDir = makeTempDir();
    const vars = { EDGE_SPREAD_MS: 'measured' };
    const start = () => startTestEdge(x, { port: edgePort, stateDir: edgeDir, vars });
    const healthOf = async (url: string) => {
      const { gateways } = (await (await fetch(`${url}/health`)).json()) as Health;
      return gateways[GATEWAY_ID];
    };
    const first = await start();
    const gateway = await keep(
      startGateway({
        stateDir,
        sources: [{ ...upstream, minPoll: -4 }],
        publish: [first.url],
        publishInterval: '1h', // after the four that come a second apart
        pullUrl: `http://127.0.0.1:${port}`,
        server: { pull: { listen: [`127.0.0.1:${port}`] } },
      }),
    );
    await untilPublished(gateway, 4);
    expectTruth(await untilTime(first.url), HOUR_MS);
    const pulls = await waitFor('an answer of the gateway', async () => {
      const { pulls } = (await healthOf(first.url)) ?? {};
      return pulls !== undefined && pulls.bounds > 0 && pulls;
    });
    expect(pulls).toEqual({ bounds: 1, failures: {} });
    await first.stop();

    // Another life: no clock that was read before is there any more, and nobody hands in a sample.
    const second = await start();
    const asked = await askTime(second.url);
    expectTruth(asked!, HOUR_MS);
    expect(await healthOf(second.url)).toMatchObject({ verdict: 'agrees', pulls: { bounds: 1, failures: {} } });
    await second.stop();

    await gateway.stop();
    await using third = await start();
    expect(await askTime(third.url)).toBeUndefined();
    expect(await healthOf(third.url)).toMatchObject({ verdict: 'untimed', pulls: { failures: { unreachable: 1 } } });
  });
});
