/** NTP, gateway, edge, HTTPS, gateway, NTP: a LAN that no UDP leaves hears what chronyd says at the other end. */
import { beforeAll, describe, expect, it } from 'vitest';
import { keyId } from '#contract/jws.ts';
import { decodePacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { askNtp } from '../../support/ask-ntp.ts';
import { type Chronyd, hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { startTestEdge, type TestEdge } from '../../support/edge.ts';
import {
  GATEWAY_ID,
  type GatewayProcess,
  makeGatewayState,
  runGateway,
  startGateway,
  untilMeasured,
  untilPublished,
  untilWithin,
} from '../../support/gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';

const SHIFT = 5;

describe.skipIf(!hasChronyd)('an island', () => {
  const keep = stopAfterAll();
  let upstream: Chronyd;
  let edge: TestEdge;
  let island: GatewayProcess;
  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    upstream = await keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 }));
    edge = await keep(startTestEdge(x));
    const mainland = await keep(startGateway({ stateDir, sources: [upstream], publish: [edge.url] }));
    await untilPublished(mainland);
    island = await keep(startGateway({ id: 'island', edges: [{ url: edge.url, gatewayKey: await keyId(x) }] }));
    await untilWithin(island, 20);
    await untilMeasured(island);
  });

  it('tells its LAN the time of the other end, within the bound that it states, says chronyd', async () => {
    const offset = await queryWithChronyd(island.ntpPort);
    const { clock } = await island.status();
    expect(Math.abs(offset - SHIFT)).toBeLessThan(clock!.uncertaintyMs / 1e3);
    expect(Math.abs(offset - SHIFT)).toBeLessThan(0.02);
  });

  it('stands below the edge, which stands below its gateway, and states how far from UTC it may be', async () => {
    const reply = decodePacket((await askNtp(island.ntpPort))!);
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
    expect(source).toMatchObject({ id: edge.url, state: 'selected', stratum: 3, lineage: [GATEWAY_ID] });
    const { stdout } = await runGateway('sources', '--state-dir', island.stateDir);
    expect(stdout).toMatch(/ selected .* gateway key \S{8}… .* agrees with the majority$/m);
  });

  it('does not take its time from an edge that another gateway vouches for', async () => {
    const { x } = await makeGatewayState();
    await using other = await startGateway({ edges: [{ url: edge.url, gatewayKey: await keyId(x) }] });
    const refused = async () => (await other.sources()).find((one) => 'fault' in one && one.fault);
    await expect.poll(refused, { timeout: 20_000 }).toMatchObject({ fault: { reason: 'unknown-key' } });
    expect((await other.status()).synchronized).toBe(false);
  });
});
