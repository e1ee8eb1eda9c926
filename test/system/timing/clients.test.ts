/** Who asks us: real clients of the field, each of which must take our time and say how far ahead it is. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Child } from '../../support/child.ts';
import { startFollower } from '../../support/chronyc.ts';
import { hasChronyd, queryWithChronyd } from '../../support/chronyd.ts';
import { ACROSS, hasNamespaces, runBeside, startBeside } from '../../support/no-route.ts';
import { hasNtpdig, queryWithNtpdig } from '../../support/ntpdig.ts';
import { hasNtpsec, queryWithNtpsec } from '../../support/ntpsec.ts';
import { expectShift, startShiftedGateway } from '../../support/shifted-gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { hasTimesyncd, queryWithTimesyncd } from '../../support/timesyncd.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT = 5;
const isShift = (offset: number): boolean => Math.abs(offset - SHIFT) < 0.001;
// Side by side, since most of them wait most of the time.
describe.skipIf(!hasChronyd || !hasNamespaces)('a client that synchronizes to us', { concurrent: true }, () => {
  const keep = stopAfterAll();
  let gateway: Child;
  beforeAll(async () => {
    gateway = await startShiftedGateway(keep, SHIFT);
  });

  it.skipIf(!hasNtpsec)('ntpd of NTPsec', async () => {
    const { offset, peer } = await queryWithNtpsec(gateway);
    expect(offset).toSatisfy(isShift);
    expect(peer).toBe(ACROSS.neighbour);
  });

  it.skipIf(!hasTimesyncd)('systemd-timesyncd', async () => {
    const report = await queryWithTimesyncd(gateway);
    expectShift(report, SHIFT);
    expect(report).toMatchObject({ stratum: 2, leap: 0 });
  });

  it.skipIf(!hasNtpdig)('ntpdig', async () => {
    const { offset, stratum, leap } = await queryWithNtpdig(gateway);
    expect(offset).toSatisfy(isShift);
    expect({ stratum, leap }).toEqual({ stratum: 2, leap: 'no-leap' });
  });

  it.each(['127.0.0.1', '::1'])('chronyd, at %s', async (address) => {
    await using chronyd = await startFollower(startBeside(gateway), address);
    const { offset, ...report } = await waitFor('a source that it selects', async () => {
      const report = await chronyd.report();
      return report?.isSelected && report;
    });
    expect(offset).toSatisfy(isShift);
    expect(report).toMatchObject({ isSelected: true, stratum: 3, leap: 'Normal', isInterleaved: false });
  });

  it.each(['127.0.0.1', '::1'])('chronyd -Q, at %s', async (address) => {
    expect(await queryWithChronyd(123, { address, run: (...args) => runBeside(gateway, ...args) })).toSatisfy(isShift);
  });
});
