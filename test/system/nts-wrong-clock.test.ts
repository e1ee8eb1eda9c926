/** A host whose clock is years behind: no certificate is valid by it, and the time that would show that comes by certificates. */
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { hasChronyd } from '../support/chronyd.ts';
import { startNtsChronyd } from '../support/chronyd-nts.ts';
import { countersOf, expectShiftOf, startGateway, untilMeasured } from '../support/gateway.ts';
import { waitFor } from '../support/wait-for.ts';

const YEAR = 365 * 86_400;
/** How far behind: what is true is told by chronyd, whose clock is ahead by it. */
const BEHIND = 5 * YEAR;
const yearOf = (years: number): string => new Date(Date.now() + years * YEAR * 1e3).toISOString().replace(/\.\d+/, '');

const follow = async (from: string, to: string) => {
  const certificate = makeCertificate({ from, to });
  const server = await startNtsChronyd({ shiftSeconds: BEHIND, certificate });
  const gateway = await startGateway({ sources: [{ port: server.port, ntsPort: server.ntsPort, ca: certificate.ca }] });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await server.stop();
  };
  return { gateway, [Symbol.asyncDispose]: stop };
};

describe.skipIf(!hasChronyd)('a gateway on a host whose clock is five years behind', { concurrent: true }, () => {
  it('believes a certificate that begins later, and the time that it holds at; it says so, once', async () => {
    await using one = await follow(yearOf(4), yearOf(6));
    await untilMeasured(one.gateway, 3);
    await expectShiftOf(one.gateway, BEHIND);
    expect(
      one.gateway.child.said.stderr.match(/"level":"warn".*out of date; believed, since no time is known yet/g),
    ).toHaveLength(1);
  });

  it('believes no time at which the certificate does not hold', async () => {
    await using one = await follow(yearOf(6), yearOf(7));
    await waitFor('a refusal', async () => ((await countersOf(one.gateway))['certificate-time'] ?? 0) > 0);
    expect(await countersOf(one.gateway)).not.toHaveProperty('measured');
    expect((await one.gateway.status()).synchronized).toBe(false);
  });
});
