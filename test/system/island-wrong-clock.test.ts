/** An island whose clock is years behind, and that no UDP leaves: by its clock no certificate is valid. The pinned key decides. */
import { describe, expect, it } from 'vitest';
import { unixMillis } from '#contract/time.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startChild } from '../support/child.ts';
import { hasChronyd, queryWithChronyd } from '../support/chronyd.ts';
import { startEdgeServer } from '../support/edge-server.ts';
import { expectShiftOf, startGateway, untilWithin } from '../support/gateway.ts';
import { startHttpsOnly } from '../support/https-only.ts';
import { hasNamespaces, runBeside, startBeside } from '../support/no-route.ts';
import { around, makeSignedEdge, type SignedEdge } from '../support/signed-edge.ts';
import { waitFor } from '../support/wait-for.ts';

const YEAR = 365 * 86_400;
/** How far behind: by so much the edge is ahead of this host. */
const BEHIND = 5 * YEAR;
const yearOf = (years: number): string => new Date(Date.now() + years * YEAR * 1e3).toISOString().replace(/\.\d+/, '');

/** @param authority - of the edge's certificate; the gateway trusts one alone. */
const follow = async (authority: string) => {
  const certificate = makeCertificate({ from: yearOf(4), to: yearOf(6), authority });
  let edge: SignedEdge | undefined;
  const server = await startEdgeServer(async ({ url = '' }, response) => {
    const nonce = new URL(url, 'https://edge').searchParams.get('nonce');
    const now = unixMillis(Date.now() + 1e3 * BEHIND);
    response.end(nonce === null ? await edge!.keySet() : await edge!.sign(around(now), nonce));
  }, certificate);
  edge = await makeSignedEdge(server.origin);
  const trusted = { SSL_CERT_FILE: makeCertificate({ authority: 'trusted' }).ca, SSL_CERT_DIR: '/nonexistent' };
  const lan = hasNamespaces ? await startHttpsOnly(server.port) : undefined;
  const begin = lan ? startBeside(lan) : startChild;
  const gateway = await startGateway({
    edges: [{ url: server.origin, gatewayKey: edge.gatewayKey }],
    start: (command, args, options) => begin(command, args, { ...options, env: { ...options?.env, ...trusted } }),
  });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await lan?.stop();
    await server[Symbol.asyncDispose]();
  };
  return { gateway, lan, [Symbol.asyncDispose]: stop };
};

describe('an island on a host whose clock is five years behind', { concurrent: true }, () => {
  it('goes on over a certificate whose only fault is its date, says so once, and has the time', async () => {
    await using one = await follow('trusted');
    await untilWithin(one.gateway, 25);
    await expectShiftOf(one.gateway, BEHIND);
    const { lan } = one;
    if (lan && hasChronyd) {
      const offset = await queryWithChronyd(one.gateway.ntpPort, { run: (...args) => runBeside(lan, ...args) });
      expect(Math.abs(offset - BEHIND)).toBeLessThan(1);
    }
    expect(one.gateway.child.said.stderr.match(/"level":"warn".*out of date; the pinned key decides/g)).toHaveLength(1);
  });

  it('and not over one by somebody else', async () => {
    await using one = await follow('somebody');
    const { stderr } = await waitFor(
      'a refusal',
      () => /certificate-untrusted/.test(one.gateway.child.said.stderr) && one.gateway.child.said,
    );
    expect(stderr).not.toContain('synchronized');
    expect((await one.gateway.status()).synchronized).toBe(false);
  });
});
