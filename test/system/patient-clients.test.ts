/** Clients of the field that take half a minute before they believe us. None is asked for the millisecond, so others may run beside them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import type { Child } from '../support/child.ts';
import { hasChronyd } from '../support/chronyd.ts';
import { ACROSS, hasNamespaces } from '../support/no-route.ts';
import { hasNtpsec, queryWithNtpsec } from '../support/ntpsec.ts';
import { ntsTable } from '../support/nts-gateway.ts';
import { hasOpenntpd, queryWithOpenntpd } from '../support/openntpd.ts';
import { expectShift, startShiftedGateway } from '../support/shifted-gateway.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';

const SHIFT = 5;

describe.skipIf(!hasChronyd || !hasNamespaces)('a client that synchronizes to us', { concurrent: true }, () => {
  const keep = stopAfterAll();
  const certificate = makeCertificate({ names: [ACROSS.neighbour] });
  let gateway: Child;
  beforeAll(async () => {
    gateway = await startShiftedGateway(keep, SHIFT, { server: { nts: ntsTable('0.0.0.0:4460', certificate) } });
  });

  it.skipIf(!hasOpenntpd)('openntpd', async () => {
    const report = await queryWithOpenntpd(gateway);
    expectShift(report, SHIFT);
    expect(report).toMatchObject({ stratum: 2, isValid: true });
  });

  it.skipIf(!hasNtpsec)('ntpd of NTPsec, with NTS', async () => {
    const { offset, peer } = await queryWithNtpsec(gateway, `nts ca ${certificate.ca}`);
    expect(Math.abs(offset - SHIFT)).toBeLessThan(1); // it takes the time before it seals
    expect(peer).toBe(ACROSS.neighbour);
  });
});
