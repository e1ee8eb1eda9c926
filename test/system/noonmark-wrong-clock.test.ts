/** Over TLS, on a host that believes it is 1970: by its clock no certificate is valid yet, and a pinned gateway's key decides. */
import { beforeAll, describe, expect, it } from 'vitest';
import { keyId } from '#contract/jws.ts';
import { makeCertificate } from '../support/certificate.ts';
import { startChild } from '../support/child.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { startTestEdge, type TestEdge } from '../support/edge.ts';
import type { EdgeServer } from '../support/edge-server.ts';
import { makeGatewayState, startGateway } from '../support/gateway.ts';
import { hostWrongBy, runNoonmark } from '../support/noonmark.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { waitFor } from '../support/wait-for.ts';

const keep = stopAfterAll();
const in1970 = () => hostWrongBy('@1970-01-02 00:00:00');
const STRANGER = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw';

describe.skipIf(!hasChronyd)('a host that believes it is 1970', () => {
  const certificate = makeCertificate();
  const { ca } = certificate;
  let edge: TestEdge;
  let front: EdgeServer;
  let elsewhere: EdgeServer;
  let key: string;
  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    key = await keyId(x);
    const chronyd = await keep(startChronyd());
    edge = await keep(startTestEdge(x));
    front = await keep(startTlsFront(edge.url, certificate));
    elsewhere = await keep(startTlsFront(edge.url, makeCertificate({ names: ['elsewhere.example'] })));
    const start: typeof startChild = (command, args) => startChild(command, args, { env: { NODE_EXTRA_CA_CERTS: ca } });
    await keep(startGateway({ stateDir, sources: [chronyd], publish: [front.origin], start }));
    await waitFor(
      'a signed answer',
      async () => (await runNoonmark(['verify', front.origin, '--gateway-key', key, '--ca', ca])).code === 0,
    );
  });

  const time = (...args: readonly string[]) =>
    runNoonmark(['time', front.origin, '--json', ...args], { env: in1970() });

  it('gets the time', async () => {
    const { code, stdout, stderr } = await time('--gateway-key', key, '--ca', ca);
    expect(code, stderr).toBe(0);
    const told = JSON.parse(stdout);
    expect(told.security).toBe('out-of-date');
    expect(Math.abs(told.unixMs - Date.now())).toBeLessThan(30_000);
    expect(told.thisHost.leastOffsetMs).toBeGreaterThan(50 * 365 * 86_400_000);
  });
  it('gets it by authorities of NODE_EXTRA_CA_CERTS, too', async () => {
    const { code, stderr } = await runNoonmark(['time', front.origin, '--gateway-key', key], {
      env: { ...in1970(), NODE_EXTRA_CA_CERTS: ca },
    });
    expect(code, stderr).toBe(0);
  });
  it('is told link by link', async () => {
    const { code, stdout } = await runNoonmark(['verify', front.origin, '--gateway-key', key, '--ca', ca], {
      env: in1970(),
    });
    expect(stdout).toMatch(
      /^✔ connection {2}TLS, by a certificate that is out of date by this host’s clock and has no other fault$/m,
    );
    expect(stdout).toMatch(/^! this host {3}\d+ days .* s slow ± /m);
    expect(code).toBe(0);
  });

  it.each([
    { what: 'without a key', args: () => ['--ca', ca], word: 'certificate-time', detail: /^CERT_NOT_YET_VALID/ },
    {
      what: 'by an authority that nobody knows',
      args: () => ['--gateway-key', key],
      word: 'certificate-untrusted',
      detail: /^unable to get local issuer certificate$|^[A-Z_]+$/,
    },
    {
      what: 'with another gateway’s key',
      args: () => ['--gateway-key', STRANGER, '--ca', ca],
      word: 'unknown-key',
      detail: /./,
    },
  ])('is refused $what', async ({ args, word, detail }) => {
    const { code, stdout } = await time(...args());
    expect(JSON.parse(stdout)).toEqual({ edge: front.origin, refusal: word, detail: expect.stringMatching(detail) });
    expect(code).toBe(1);
  });

  it('is refused under another name', async () => {
    const { code, stdout } = await runNoonmark(['time', elsewhere.origin, '--json', '--gateway-key', key, '--ca', ca], {
      env: in1970(),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      refusal: 'certificate-name',
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(code).toBe(1);
  });
});
