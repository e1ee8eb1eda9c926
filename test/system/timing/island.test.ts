/** NTP, gateway, edge, TLS, gateway, NTP: a LAN that no UDP leaves hears what chronyd says at the other end. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyId } from '#contract/jws.ts';
import { decodePacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { type Child, startChild } from '../../support/child.ts';
import { type Chronyd, hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { hostMs, startTestEdge } from '../../support/edge.ts';
import type { EdgeServer } from '../../support/edge-server.ts';
import {
  type GatewayProcess,
  makeGatewayState,
  runGateway,
  startGateway,
  untilMeasured,
  untilPublished,
  untilWithin,
} from '../../support/gateway.ts';
import { GATEWAY_ID } from '../../support/gateway-config.ts';
import { hex } from '../../support/hex.ts';
import { startHttpsOnly } from '../../support/https-only.ts';
import { hasNamespaces, runBeside, startBeside } from '../../support/no-route.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { startTlsFront } from '../../support/tls-front.ts';

const SHIFT = 5;

describe.skipIf(!hasChronyd || !hasNamespaces)('an island', () => {
  const keep = stopAfterAll();
  const certificate = makeCertificate();
  let upstream: Chronyd;
  let edge: EdgeServer;
  let lan: Child;
  let island: GatewayProcess;

  const trusting =
    (begin: typeof startChild): typeof startChild =>
    (command, args) => {
      const { ca } = certificate;
      const env = { NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: ca, SSL_CERT_DIR: '/nonexistent' };
      return begin(command, args, { env });
    };
  const startIsland = (gatewayKey: string) =>
    startGateway({ id: 'island', edges: [{ url: edge.origin, gatewayKey }], start: trusting(startBeside(lan)) });

  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    upstream = await keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 }));
    const { url } = await keep(startTestEdge(x));
    edge = await keep(startTlsFront(url, certificate));
    const publish = { publish: [edge.origin], start: trusting(startChild) };
    const mainland = await keep(startGateway({ stateDir, sources: [upstream], ...publish }));
    [lan] = await Promise.all([keep(startHttpsOnly(edge.port)), untilPublished(mainland)]);
    island = await keep(startIsland(await keyId(x)));
    await untilWithin(island, 20);
    await untilMeasured(island);
  });

  it('is in a network of its own, that no UDP leaves', async () => {
    const { stdout } = await runBeside(lan, 'cat', ['/proc/net/dev']);
    expect(stdout.match(/^ *\w+:/gm)).toEqual(['    lo:']);
    expect(edge.origin).toMatch(/^https:/);
  });

  it('tells its LAN the time of the other end, within the bound that it states, says chronyd', async () => {
    const offset = await queryWithChronyd(island.ntpPort, { run: (...args) => runBeside(lan, ...args) });
    const { clock } = await island.status();
    expect(Math.abs(offset - SHIFT)).toBeLessThan(clock!.uncertaintyMs / 1e3);
    expect(Math.abs(offset - SHIFT)).toBeLessThan(0.02);
  });

  it('holds true time in its interval', async () => {
    for (let i = 0; i < 10; i++) {
      const before = hostMs() + SHIFT * 1e3;
      const { clock } = await island.status();
      const after = hostMs() + SHIFT * 1e3;
      const time = Date.parse(clock!.time);
      expect(time - clock!.earlierMs - 1).toBeLessThanOrEqual(after); // its time is told in whole ms
      expect(time + clock!.laterMs + 1).toBeGreaterThanOrEqual(before);
    }
  });

  it('stands below the edge, which stands below its gateway, and states how far from UTC it may be', async () => {
    const asking = `import { askNtp } from '${join(ROOT, 'test/support/ask-ntp.ts')}';
      console.log((await askNtp(${island.ntpPort})).toString('hex'));`;
    const { stdout } = await runBeside(lan, NODE, ['--input-type=module', '-e', asking]);
    const reply = decodePacket(hex(stdout.trim()));
    if (!reply.ok) throw new Error(reply.reason);
    const { stratum, rootDelay, rootDispersion, leap, referenceId } = reply.value;
    const { clock } = await island.status();
    expect({ stratum, leap }).toEqual({ stratum: 4, leap: 'none' });
    expect(referenceId.toString(16).padStart(8, '0')).toBe(clock!.referenceId);
    // The edge's clock counts whole ms, both ways: no honest bound is below that, and ours is of this host.
    const distanceMs = (rootDelay / 2 + rootDispersion) / 1e6;
    expect(distanceMs).toBeGreaterThan(1);
    expect(distanceMs).toBeGreaterThan(clock!.uncertaintyMs / 2);
    expect(distanceMs).toBeLessThan(50);
  });

  it('tells its operator whom its time came through', async () => {
    const [source] = await island.sources();
    expect(source).toMatchObject({ id: edge.origin, state: 'selected', stratum: 3, lineage: [GATEWAY_ID] });
    const { stdout } = await runGateway('sources', '--state-dir', island.stateDir);
    expect(stdout).toMatch(/ selected .* gateway key \S{8}… .* agrees with the majority$/m);
  });

  it('does not take its time from an edge that another gateway vouches for', async () => {
    const { x } = await makeGatewayState();
    await using other = await startIsland(await keyId(x));
    const refused = async () => (await other.sources()).find((one) => 'fault' in one && one.fault);
    await expect.poll(refused, { timeout: 20_000 }).toMatchObject({ fault: { reason: 'unknown-key' } });
    expect((await other.status()).synchronized).toBe(false);
  });
});
