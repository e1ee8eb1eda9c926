/** `noonmark token` on hosts whose clocks are wrong, with tokens of issuers whose clocks are wrong too. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { hostWrongBy, runNoonmark, startToldEdge } from '../support/noonmark.ts';
import { findLibfaketime } from '../support/peers.ts';
import { hasCryptography } from '../support/roughtime-elsewhere.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';

const HOUR_S = 3_600;
const keep = stopAfterAll();
const nowS = (): number => Math.floor(Date.now() / 1_000);

const jwt = (issuedAt: number, expires: number): Promise<string> =>
  new SignJWT({ sub: 'user' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(issuedAt)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode('a secret of thirty-two octets ..'));

/** As Keystone makes them, but for what is inside. */
const fernet = async (issuedAt: number): Promise<string> => {
  const program = `
from cryptography.fernet import Fernet
print(Fernet(Fernet.generate_key()).encrypt_at_time(bytes(100), ${issuedAt}).rstrip(b"=").decode())`;
  return (await runChild('python3', ['-c', program])).stdout.trim();
};

/** As `openstack token issue -f json` prints it. */
const issued = (id: string, expires: number): string =>
  JSON.stringify({
    expires: new Date(expires * 1_000).toISOString().replace('.000Z', '+0000'),
    id,
    project_id: 'a6944d763bf64ee6a275f1263fae0352',
    user_id: 'ee4dfb6e5540447cb3741905149d9b6e',
  });

/** Somebody who can read what was printed must not be able to use the token. */
const expectSecret = (token: string, printed: string): void => {
  for (let at = 0; at + 8 <= token.length; at++) expect(printed).not.toContain(token.slice(at, at + 8));
};

describe.skipIf(!findLibfaketime())('noonmark token', () => {
  let url: string;
  beforeAll(async () => {
    url = (await keep(startToldEdge(0))).url;
  });

  const judge = async (token: string, { faketime = '', args = [] }: { faketime?: string; args?: string[] } = {}) => {
    const env = faketime ? hostWrongBy(faketime) : {};
    const ran = await runNoonmark(['token', '-', '--url', url, '--json', ...args], { input: `${token}\n`, env });
    expectSecret(token.startsWith('{') ? JSON.parse(token).id : token, ran.stdout + ran.stderr);
    const said = JSON.parse(ran.stdout || '{}') as Record<string, unknown> & { thisHost?: { verdict: string } };
    return { code: ran.code, said, verdicts: [said.verdict, said.thisHost?.verdict] };
  };

  it.each([
    { host: 'right', faketime: '', here: 'valid', wrongClocks: [] },
    { host: '2 min slow', faketime: '-2m', here: 'not-yet-valid', wrongClocks: [{ clock: 'this-host', is: 'slow' }] },
    { host: '2 h fast', faketime: '+2h', here: 'expired', wrongClocks: [{ clock: 'this-host', is: 'fast' }] },
    {
      host: 'in 1970',
      faketime: '@1970-01-02 00:00:00',
      here: 'not-yet-valid',
      wrongClocks: [{ clock: 'this-host', is: 'slow' }],
    },
  ])('a good JWT on a host that is $host', async ({ faketime, here, wrongClocks }) => {
    const { code, said, verdicts } = await judge(await jwt(nowS() - 10, nowS() + HOUR_S), { faketime });
    expect(verdicts).toEqual(['valid', here]);
    expect(said.wrongClocks).toMatchObject(wrongClocks);
    expect(code).toBe(0);
  });

  it('of an issuer whose clock is 5 min fast, on a right host and on one that is as fast', async () => {
    const token = await jwt(nowS() + 300, nowS() + 300 + HOUR_S);
    const right = await judge(token);
    expect([right.code, right.verdicts]).toEqual([1, ['not-yet-valid', 'not-yet-valid']]);
    expect(right.said.wrongClocks).toMatchObject([{ clock: 'issuer', is: 'fast' }]);
    const fast = await judge(token, { faketime: '+6m' });
    expect([fast.code, fast.verdicts]).toEqual([1, ['not-yet-valid', 'valid']]);
    expect(fast.said.wrongClocks).toMatchObject([{ clock: 'issuer' }, { clock: 'this-host', is: 'fast' }]);
  });

  it('that has expired, on a host that does not know yet', async () => {
    const { code, verdicts } = await judge(await jwt(nowS() - HOUR_S, nowS() - 60), { faketime: '-5m' });
    expect([code, verdicts]).toEqual([1, ['expired', 'valid']]);
  });

  describe.skipIf(!hasCryptography)('of Keystone', () => {
    it('says by itself when it was issued, and with --lifetime whether it is valid', async () => {
      const token = await fernet(nowS() - 10);
      expect(await judge(token)).toMatchObject({ code: 1, verdicts: ['expiry-unknown', 'expiry-unknown'] });
      expect(await judge(token, { args: ['--lifetime', '1h'] })).toMatchObject({
        code: 0,
        verdicts: ['valid', 'valid'],
      });
      expect(await judge(token, { args: ['--lifetime', '5s'] })).toMatchObject({
        code: 1,
        verdicts: ['expired', 'expired'],
      });
    });

    it('is judged as openstack prints it, and its clock too', async () => {
      const good = issued(await fernet(nowS() - 10), nowS() - 10 + HOUR_S);
      expect(await judge(good)).toMatchObject({ code: 0, verdicts: ['valid', 'valid'] });
      const early = issued(await fernet(nowS() + 120), nowS() + 120 + HOUR_S);
      const { said } = await judge(early);
      expect(said).toMatchObject({ verdict: 'not-yet-valid', wrongClocks: [{ clock: 'issuer', is: 'fast' }] });
    });
  });

  it('says the same in words', async () => {
    const token = await jwt(nowS() - 10, nowS() + HOUR_S);
    const env = hostWrongBy('-2m');
    const { code, stdout } = await runNoonmark(['token', '-', '--url', url], { input: token, env });
    expect(stdout.split('\n')).toEqual([
      'A JWT; its signature was not checked.',
      expect.stringMatching(/^issued {6}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, [\d.]+ s ago$/),
      expect.stringMatching(/^expires {5}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, in [\d.]+ min$/),
      expect.stringMatching(/^true time {3}\S+Z ± [\d.]+ ms: valid$/),
      expect.stringMatching(/^this host {3}\S+Z: not yet valid$/),
      expect.stringMatching(
        /^This host’s clock is [\d.]+ (s|min [\d.]+ s) slow ± [\d.]+ ms: here it is not yet valid\.$/,
      ),
      '',
    ]);
    expect(code).toBe(0);
  });

  it('refuses what is no token with a word, whatever is in it', async () => {
    const refused = async (input: string) => {
      const { code, stdout, stderr } = await runNoonmark(['token', '-', '--url', url], { input });
      return [code, stdout, stderr.split(' ')[1]];
    };
    expect(await refused('\x1b[2Jhello')).toEqual([2, '', 'malformed']);
    expect(await refused('e30..AAAA.AAAA.AAAA')).toEqual([2, '', 'encrypted:']);
    expect(await refused('A'.repeat(1e6))).toEqual([2, '', 'too-large:']);
  });

  it('does not repeat a token that stands where its file should', async () => {
    const token = await jwt(nowS(), nowS() + HOUR_S);
    const { code, stdout, stderr } = await runNoonmark(['token', token, '--url', url]);
    expect(code).toBe(2);
    expectSecret(token, stdout + stderr);
  });

  it('says nothing of a token where there is no true time', async () => {
    const told = (nonce: string | null) => ({
      ...{ unixMs: Date.now(), earliestUnixMs: Date.now() - 10, latestUnixMs: Date.now() + 10 },
      ...{ synchronized: false, nonce },
    });
    await using server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost');
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(told(searchParams.get('nonce'))));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const input = await jwt(nowS(), nowS() + HOUR_S);
    const unsynchronized = await runNoonmark(['token', '-', '--url', `http://127.0.0.1:${port}`], { input });
    expect(unsynchronized).toMatchObject({ code: 3, stdout: '' });
    const nobody = await runNoonmark(['token', '-', '--url', 'http://127.0.0.1:1', '--json'], { input });
    expect([nobody.code, JSON.parse(nobody.stdout)]).toMatchObject([3, { refusal: 'unreachable' }]);
  });
});
