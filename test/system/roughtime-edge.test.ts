/** Roughtime at the edge from end to end: gateway, edge, and a client that is not ours, which has pinned what `keys` prints. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { decodeServerList } from '#contract/roughtime/server-list.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import { unixMillis } from '#contract/time.ts';
import { type Bytes, base64 } from '#contract/web-platform.ts';
import { askRoughtime } from '../../client/roughtime.ts';
import { overHttps } from '../../client/roughtime-https.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { startTestEdge, type TestEdge } from '../support/edge.ts';
import { freePort } from '../support/free-port.ts';
import { makeGatewayState, runGateway, startGateway } from '../support/gateway.ts';
import { askOverUdp, requestOf } from '../support/roughtime-client.ts';
import { ask, bytes, hasCryptography } from '../support/roughtime-elsewhere.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { waitFor } from '../support/wait-for.ts';

const keep = stopAfterAll();
const SHIFT = 3_600;

describe.skipIf(!hasCryptography || !hasChronyd)('the edge, as python3-cryptography sees it', () => {
  let edge: TestEdge;
  let key: Bytes;
  let ownKey: Bytes;
  let port: number;
  let config: readonly string[];
  const post = (body: Bytes) => fetch(`${edge.url}/roughtime`, { method: 'POST', body });

  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    const chronyd = await keep(startChronyd({ shiftSeconds: SHIFT }));
    edge = await keep(startTestEdge(x));
    port = await freePort();
    const address = `127.0.0.1:${port}`;
    const server = { roughtime: { listen: [address], public: [address] } };
    await keep(startGateway({ stateDir, sources: [chronyd], publish: [edge.url], server }));
    config = ['--config', join(stateDir, 'noonmark.toml')];
    const { edges, roughtime } = JSON.parse((await runGateway('keys', ...config, '--json')).stdout);
    expect(edges).toEqual([{ origin: edge.url, roughtime: expect.stringMatching(/^[\w+/]{43}=$/) }]);
    key = bytes(edges[0].roughtime);
    ownKey = bytes(roughtime);
    const asked = await requestOf(key);
    await waitFor('an answer in Roughtime', async () => (await post(asked)).ok);
  });

  it('signs the time of its gateway’s sources, in both versions, with the key that the gateway prints', async () => {
    const nonce = new Uint8Array(32).fill(5);
    const asking = [[VERSION_1], [DRAFT], [VERSION_1, DRAFT]];
    const requests = await ask(...asking.map((versions) => ({ do: 'request', nonce, key, versions })));
    const before = Date.now() / 1e3;
    const exchanges = await Promise.all(
      requests.map(async ({ request }) => {
        const asked = bytes(request);
        const response = await post(asked);
        expect(response.headers.get('noonmark-time')).not.toBeNull();
        return { asked, answer: new Uint8Array(await response.arrayBuffer()) };
      }),
    );
    const after = Date.now() / 1e3;
    const seen = await ask(...exchanges.map((exchange) => ({ do: 'verify', key, ...exchange })));
    expect(seen.map(({ version }) => version)).toEqual([VERSION_1, DRAFT, VERSION_1]);
    for (const { midpoint, radius, size } of seen) {
      expect([radius, size]).toEqual([3, 420]);
      expect(Number(midpoint) - 3).toBeLessThan(before + SHIFT);
      expect(Number(midpoint) + 3).toBeGreaterThan(after + SHIFT);
    }
  });

  it('is not believed by whoever has pinned another key', async () => {
    const [{ request } = {}] = await ask({
      do: 'request',
      nonce: new Uint8Array(32),
      key,
      versions: [VERSION_1],
    });
    const asked = bytes(request);
    const answer = new Uint8Array(await (await post(asked)).arrayBuffer());
    const other = new Uint8Array(32).fill(0x4e);
    expect(await ask({ do: 'verify', key: other, asked, answer })).toEqual([{ refused: 'signature' }]);
  });

  it('is asked by our own client, in one chain', async () => {
    const exchange = overHttps(edge.url, () => AbortSignal.timeout(10_000));
    const before = Date.now();
    const { servers, agreed, at, malfeasance } = await askRoughtime([{ name: 'edge', publicKey: key, exchange }], {
      rand: () => crypto.getRandomValues(new Uint8Array(32)),
      clocks: () => [Date.now()],
    });
    expect([servers[0]?.verdict, malfeasance]).toEqual(['agrees', undefined]);
    if (!agreed.ok) throw new Error(agreed.reason);
    expect(at[0]).toBeGreaterThanOrEqual(before);
    expect(contains(agreed.value, unixMillis(at[0]! + SHIFT * 1_000))).toBe(true);
  });

  it('is listed with that key, beside the gateway’s own server, which can be asked as the list says', async () => {
    const response = await fetch(`${edge.url}/.well-known/roughtime.json`);
    const list = decodeServerList(await response.text());
    if (!list.ok) throw new Error(list.detail);
    const { servers, edges } = list.value;
    expect(edges).toMatchObject([{ publicKey: key, url: `${edge.url}/roughtime` }]);
    const [own] = servers;
    expect(own?.publicKey).toEqual(ownKey);
    expect(own?.addresses).toEqual(['udp', 'tcp'].map((protocol) => ({ protocol, address: `127.0.0.1:${port}` })));
    const asked = await requestOf(ownKey);
    const [answer] = await askOverUdp(port, [asked]);
    const [seen] = await ask({ do: 'verify', key: ownKey, asked, answer });
    expect(seen).toMatchObject({ version: VERSION_1, radius: 3 });
  });

  it('has a key that `keys` tells people too', async () => {
    const { stdout } = await runGateway('keys', ...config);
    expect(stdout).toContain(`for clients of Roughtime at ${edge.url}, the public key:\n\n${base64(key)}`);
  });
});
