import { describe, expect, it } from 'vitest';
import { startGateway } from '../../support/gateway.ts';
import { residentMiB } from '../../support/resident.ts';
import { askUnderFlood } from '../../support/under-flood.ts';

const SECONDS = 5;

describe.skipIf(process.platform !== 'linux')('a flood from a million addresses', () => {
  it('leaves a client served that asks some times a second, and memory as it was', async () => {
    await using gateway = await startGateway({
      sources: [{ port: 9 }],
      server: { rate_limit: { interval: '31.25ms', burst: 255 } },
    });
    const { pid } = gateway.child;
    const first = await askUnderFlood(gateway.ntpPort, SECONDS); // tables fill, code gets compiled
    const before = residentMiB(pid);
    const { sent, asked, answered } = await askUnderFlood(gateway.ntpPort, SECONDS);
    expect(first.sent + sent).toBeGreaterThan(500_000);
    expect(asked).toBeGreaterThan(20);
    expect(answered / asked).toBeGreaterThanOrEqual(0.95);
    expect(residentMiB(pid) - before).toBeLessThan(8);
    expect(gateway.child.said.stderr.split('\n').length).toBeLessThan(10);
  });
});
