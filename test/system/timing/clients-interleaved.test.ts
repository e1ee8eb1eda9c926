/** RFC 9769 on our own side: chronyd measures by when our last reply really left, as long as we tell it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Child } from '../../support/child.ts';
import { startFollower } from '../../support/chronyc.ts';
import { hasChronyd } from '../../support/chronyd.ts';
import { hasNamespaces, startBeside } from '../../support/no-route.ts';
import { startShiftedGateway } from '../../support/shifted-gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT = 5;

describe.skipIf(!hasChronyd || !hasNamespaces)('a client in interleaved mode', () => {
  const keep = stopAfterAll();
  let gateway: Child;
  beforeAll(async () => {
    gateway = await startShiftedGateway(keep, SHIFT);
  });

  it.each(['127.0.0.1', '::1'])('chronyd, at %s', async (address) => {
    await using chronyd = await startFollower(startBeside(gateway), address, 'xleave');
    const { offset, ...report } = await waitFor('a source that it selects and that is interleaved', async () => {
      const report = await chronyd.report();
      return report?.isSelected && report.isInterleaved && report;
    });
    expect(Math.abs(offset - SHIFT)).toBeLessThan(0.001);
    expect(report).toMatchObject({ isSelected: true, stratum: 3, leap: 'Normal', isInterleaved: true });
  });
});
