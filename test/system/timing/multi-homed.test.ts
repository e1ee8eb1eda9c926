/** A host of many addresses: a reply leaves from the one that was asked, or a client that asked it alone never hears it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Child } from '../../support/child.ts';
import { hasChronyd, queryWithChronyd } from '../../support/chronyd.ts';
import { hasNamespaces, runBeside } from '../../support/no-route.ts';
import { startShiftedGateway } from '../../support/shifted-gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';

const SHIFT = 5;

describe.skipIf(!hasChronyd || !hasNamespaces)('a gateway of many addresses', () => {
  const keep = stopAfterAll();
  let gateway: Child;
  beforeAll(async () => {
    gateway = await startShiftedGateway(keep, SHIFT);
    for (const address of ['192.0.2.1/32', '192.0.2.2/32', '2001:db8::1/128', '2001:db8::2/128']) {
      const { code, stderr } = await runBeside(gateway, 'ip', ['address', 'add', address, 'dev', 'lo']);
      expect(code, stderr).toBe(0);
    }
  });

  // The kernel’s own choice of a source towards the client is the client’s address, on one host.
  it.each([
    { address: '192.0.2.1', client: '127.0.0.1' },
    { address: '192.0.2.2', client: '127.0.0.1' },
    { address: '192.0.2.2', client: '192.0.2.1' },
    { address: '2001:db8::1', client: '::1' },
    { address: '2001:db8::2', client: '::1' },
    { address: '2001:db8::2', client: '2001:db8::1' },
  ])('answers $client from $address, which was asked', async ({ address, client }) => {
    const offset = await queryWithChronyd(123, {
      address,
      config: [`bindacqaddress ${client}`],
      run: (...args) => runBeside(gateway, ...args),
    });
    expect(Math.abs(offset - SHIFT)).toBeLessThan(0.001);
  });
});
