/** A clock of the host makes a stratum 1 of us: what its driver feeds is what the LAN hears. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sendUnixDatagram } from '#native/unix-datagram.ts';
import { askNtp } from '../../support/ask-ntp.ts';
import { hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { sockSample, sockSampleAt } from '../../support/clock-samples.ts';
import { startGateway, untilSynchronized } from '../../support/gateway.ts';
import { hasNamespaces, startBeside, startWithoutRoute } from '../../support/no-route.ts';
import { hasNtpdig, queryWithNtpdig } from '../../support/ntpdig.ts';
import { hasOwnMemory, startSharing, startWithOwnMemory } from '../../support/own-memory.ts';
import { hasGpsd, startClockDriver, startGpsd, startReceiver } from '../../support/reference-clock.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const AHEAD = 0.25;
type Counters = Readonly<Record<string, number>>;
const makePath = (): string => join(makeTempDir(), 'gps.sock');
const gps = (where: { sock: string } | { shm: number }, uncertainty = '1ms') => ({
  ...where,
  reference_id: 'GPS',
  uncertainty,
});

describe.skipIf(process.platform !== 'linux')('a SOCK reference clock', () => {
  it('is what an NTP client hears of, at stratum 1', async () => {
    const sock = makePath();
    await using gateway = await startGateway({ referenceClocks: [gps({ sock })] });
    await using _ = await startClockDriver(sock, AHEAD);
    const { clock } = await untilSynchronized(gateway);
    expect(clock).toMatchObject({ stratum: 1, referenceId: '47505300' });
    expect(clock!.uncertaintyMs).toBeLessThan(5);
    const before = Date.now();
    const reply = (await askNtp(gateway.ntpPort))!;
    const after = Date.now();
    expect([reply[0]! >> 6, reply[1], reply.toString('latin1', 12, 16)]).toEqual([0, 1, 'GPS\0']);
    const unixMs = 1_000 * (Number(reply.readBigUInt64BE(40)) / 2 ** 32 - 2_208_988_800);
    expect(unixMs).toBeGreaterThan(before + 1_000 * AHEAD - 2);
    expect(unixMs).toBeLessThan(after + 1_000 * AHEAD + 2);
    await gateway.stop();
    expect(existsSync(sock)).toBe(false);
  });

  it('is not shaken by what else is written into its socket', async () => {
    const sock = makePath();
    await using gateway = await startGateway({ referenceClocks: [gps({ sock })] });
    await using _ = await startClockDriver(sock, AHEAD);
    await untilSynchronized(gateway);
    const now = BigInt(Date.now()) * 1_000_000n;
    const seconds = now / 1_000_000_000n;
    const hostile = [
      ['length', new Uint8Array(0)],
      ['length', new Uint8Array(4_096)],
      ['magic', new Uint8Array(40)],
      ['offset', sockSampleAt(now, Number.NaN)],
      ['stamp', sockSample({ seconds, microseconds: 2n ** 62n, offset: 0 })],
      ['date', sockSampleAt(now, -1e9)],
      ['future', sockSampleAt(now + 3_600_000_000_000n, 0)],
      ['stale', sockSampleAt(now - 3_600_000_000_000n, 0)],
    ] as const;
    for (const [, datagram] of hostile) sendUnixDatagram(sock, datagram);
    const refused = await waitFor('all to be refused', async () => {
      const { measured: _, ...others } = ((await gateway.sources()) as readonly { counters: Counters }[])[0]!.counters;
      const times = Object.values(others).reduce((sum, one) => sum + one, 0);
      return times === hostile.length && others;
    });
    expect(new Set(Object.keys(refused))).toEqual(new Set(hostile.map(([reason]) => reason)));
    expect(await gateway.status()).toMatchObject({ synchronized: true, clock: { stratum: 1 } });
  });

  it.skipIf(!hasChronyd)('is understood as chronyd understands it', async () => {
    const [ours, theirs] = [makePath(), makePath()];
    await using gateway = await startGateway({ referenceClocks: [gps({ sock: ours })] });
    await using chronyd = await startChronyd({ config: [`refclock SOCK ${theirs} refid GPS poll 0 filter 4`] });
    await using _ = await startClockDriver(ours, AHEAD);
    await using __ = await startClockDriver(theirs, AHEAD);
    await untilSynchronized(gateway);
    const isNear = (offset: number) => Math.abs(offset - AHEAD) < 0.002 && offset;
    expect(isNear(await queryWithChronyd(gateway.ntpPort))).toBeTruthy();
    await waitFor('chronyd to follow its clock', async () => isNear(await queryWithChronyd(chronyd.port)));
  });

  it.skipIf(!hasNtpdig || !hasNamespaces)('is heard by ntpdig at stratum 1', async () => {
    const sock = makePath();
    await using gateway = await startGateway({
      referenceClocks: [gps({ sock })],
      ntpPort: 123,
      start: startWithoutRoute,
    });
    await using _ = await startClockDriver(sock, AHEAD, startBeside(gateway.child));
    await untilSynchronized(gateway);
    const { offset, stratum, leap } = await queryWithNtpdig(gateway.child);
    expect(Math.abs(offset - AHEAD)).toBeLessThan(0.002);
    expect({ stratum, leap }).toEqual({ stratum: 1, leap: 'no-leap' });
  });
});

describe.skipIf(!hasOwnMemory)('a SHM reference clock', () => {
  it('is what a client hears of', async () => {
    await using gateway = await startGateway({ referenceClocks: [gps({ shm: 2 })], start: startWithOwnMemory });
    await using _ = await startClockDriver(2, AHEAD, startSharing(gateway.child));
    const { clock } = await untilSynchronized(gateway);
    expect(clock).toMatchObject({ stratum: 1, referenceId: '47505300' });
    expect(Math.abs(Date.parse(clock!.time) - Date.now() - 1_000 * AHEAD)).toBeLessThan(100);
  });

  it.skipIf(!hasGpsd || !hasChronyd)('is a GPS receiver’s time, through gpsd', async () => {
    await using receiver = await startReceiver(AHEAD);
    await using gateway = await startGateway({
      referenceClocks: [gps({ shm: 0 }, '100ms')],
      start: startWithOwnMemory,
    });
    await using _ = await startGpsd(receiver.port, startSharing(gateway.child));
    const { clock } = await untilSynchronized(gateway);
    expect(clock).toMatchObject({ stratum: 1, referenceId: '47505300' });
    // A receiver is believed from the moment at which its sentence came in, which was a little after it was sent.
    expect(Math.abs((await queryWithChronyd(gateway.ntpPort)) - AHEAD)).toBeLessThan(0.05);
  });
});
