/** The upstream dies: what the gateway serves gets worse, says so, and ends; and is there again when the upstream is. */
import { describe, expect, it } from 'vitest';
import { MAX_DISTANCE } from '../../../ntp-gateway/discipline/selection.ts';
import { askNtp } from '../../support/ask-ntp.ts';
import { hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { startGateway, untilSynchronized, untilWithin } from '../../support/gateway.ts';
import { readHeader, UNSYNCHRONIZED } from '../../support/ntp-header.ts';
import { startUdpRelay } from '../../support/udp-relay.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT = 5;
/** Of a reply of ours, in seconds: one may be answered a little later than the clock was read for it. */
const LIMIT = MAX_DISTANCE / 1e9 + 0.001;

/** As if the upstream knew the time within half a second: the limit is not as far then. */
const dispersed = (reply: Buffer): Buffer => {
  const said = Buffer.from(reply);
  said.writeUInt32BE(0x8000, 8); // root dispersion, RFC 5905 §7.3: 16.16 bits of a second
  return said;
};

describe.skipIf(!hasChronyd)('a gateway whose upstream dies', () => {
  it('serves an ever larger dispersion, then LI 3, and recovers by itself', async () => {
    await using upstream = new AsyncDisposableStack();
    const chronyd = upstream.use(await startChronyd({ shiftSeconds: SHIFT }));
    const { port, down } = upstream.use(await startUdpRelay(chronyd.port));
    down.attack = (reply) => [dispersed(reply)];
    // One measurement says nothing about the frequency, so the bound grows by the whole drift, a tenth of a second each second.
    await using gateway = await startGateway({ sources: [{ port, minPoll: 1 }], maxDrift: '100000ppm' });
    await untilSynchronized(gateway);
    await upstream.disposeAsync();

    const seen: number[] = [];
    await waitFor('LI 3', async () => {
      const reply = await askNtp(gateway.ntpPort);
      const { leap, stratum, rootDelay, rootDispersion } = readHeader(reply!);
      if (leap === UNSYNCHRONIZED) return stratum === 0;
      expect({ leap, stratum }).toEqual({ leap: 0, stratum: 4 });
      expect(rootDelay / 2 + rootDispersion).toBeLessThanOrEqual(LIMIT);
      seen.push(rootDispersion);
      return false;
    });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)! - seen[0]!).toBeGreaterThan(LIMIT / 2);
    expect((await gateway.status()).synchronized).toBe(false);

    await using _again = await startChronyd({ port, shiftSeconds: SHIFT });
    await untilSynchronized(gateway);
    expect(readHeader((await askNtp(gateway.ntpPort))!)).toMatchObject({ leap: 0, stratum: 4 });
    await untilWithin(gateway, 1);
    expect(Math.abs((await queryWithChronyd(gateway.ntpPort)) - SHIFT)).toBeLessThan(0.001);
  });
});
