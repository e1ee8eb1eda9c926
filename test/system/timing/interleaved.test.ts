/** RFC 9769 with a real chronyd: it tells when its last reply really left, and that is what gets measured. */
import { describe, expect, it } from 'vitest';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startGateway } from '../../support/gateway.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT_SECONDS = 5;

describe.skipIf(!hasChronyd)('interleaved mode', () => {
  it('measures every exchange by the transmit timestamp that chronyd took after it, and is right', async () => {
    await using upstream = await startChronyd({ shiftSeconds: SHIFT_SECONDS, stratum: 1 });
    await using gateway = await startGateway({ sources: [{ ...upstream, interleaved: true, minPoll: -4 }] });
    const source = await waitFor('20 interleaved replies', async () => {
      const [one] = await gateway.sources();
      return one && 'counters' in one && (one.counters.interleaved ?? 0) >= 20 && one;
    });
    // chronyd keeps its stamps for those alone who have asked for them: two basic replies, then none.
    const { sent = 0, interleaved = 0 } = source.counters;
    expect(sent - interleaved).toBeLessThanOrEqual(3);
    // All are measured but the one that was measured already, and that which is under way.
    expect(source.counters).toEqual({ sent, interleaved, measured: interleaved + 1 });
    expect(source.uncertaintyMs).toBeLessThan(20);

    const { clock } = await gateway.status();
    const shift = (Date.parse(clock!.time) - Date.now()) / 1e3;
    expect(Math.abs(shift - SHIFT_SECONDS)).toBeLessThan(0.1);
  });
});
