/** `noonmark verify`: each link of the chain, broken by an edge that breaks just that one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { LinkName } from '../../client/cli/chain.ts';
import { type FakeEdge, type Lies, startFakeEdge } from '../support/fake-edge.ts';
import { runNoonmark } from '../support/noonmark.ts';

const STRANGER = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw';
const page = (_request: IncomingMessage, response: ServerResponse): boolean => {
  response.setHeader('Content-Type', 'text/html').end('<h1>Please log in</h1>');
  return true;
};
const onlyTime =
  (answer: (response: ServerResponse) => void): NonNullable<Lies['instead']> =>
  ({ url = '' }, response) => {
    if (url.startsWith('/time')) answer(response);
    return url.startsWith('/time');
  };

/** Without what differs from run to run. */
const steady = (text: string, { origin, gatewayKey }: FakeEdge): string =>
  text
    .replace(origin, 'ORIGIN')
    .replace(gatewayKey, 'KEY')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]*Z/g, 'TIME')
    .replace(/[\d.]+ ms (fast|slow) ± [\d.]+ ms/, 'SKEW');

describe('noonmark verify', { concurrent: true }, () => {
  it('finds each link of an honest edge’s chain good', async () => {
    await using edge = await startFakeEdge();
    const { code, stdout, stderr } = await runNoonmark(['verify', edge.origin, '--gateway-key', edge.gatewayKey]);
    expect(steady(stdout, edge), stderr).toMatchInlineSnapshot(`
      "✔ connection  plain HTTP: the signatures alone count
      ✔ key         the edge knows the gateway with key KEY
      ✔ answer      it is a time answer, and signed
      ✔ delegation  that gateway vouches for a key of the edge
      ✔ signature   by that key, and it fits
      ✔ origin      the key is vouched for at ORIGIN
      ✔ nonce       the answer is to this very question
      ✔ validity    the key is vouched for at the time that it tells
      ✔ floor       not before TIME, which has certainly passed
      ✔ sources     stratum 3; the edge last heard from a gateway 1 s ago
      ✔ this host   SKEW
      "
    `);
    expect(code).toBe(0);
  });

  it('stops at the key where the edge knows no gateway that has it', async () => {
    await using edge = await startFakeEdge();
    const { code, stdout } = await runNoonmark(['verify', edge.origin, '--gateway-key', STRANGER]);
    expect(steady(stdout, edge)).toMatchInlineSnapshot(`
      "✔ connection  plain HTTP: the signatures alone count
      ✘ key         unknown-key (this edge has no gateway of that key): the pinned gateway does not vouch for it
      · answer      not looked at
      · delegation  not looked at
      · signature   not looked at
      · origin      not looked at
      · nonce       not looked at
      · validity    not looked at
      · floor       not looked at
      · sources     not looked at
      "
    `);
    expect(code).toBe(1);
  });

  it('stops at the connection where nobody listens, and cannot do without a key', async () => {
    const ran = await runNoonmark(['verify', 'http://127.0.0.1:1', '--gateway-key', STRANGER, '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      verified: false,
      refusal: 'unreachable',
      detail: 'ECONNREFUSED',
      links: expect.arrayContaining([expect.objectContaining({ link: 'connection', holds: false })]),
    });
    expect(ran.code).toBe(3);
    expect(await runNoonmark(['verify', 'http://127.0.0.1:1'])).toMatchObject({ code: 2, stdout: '' });
  });

  it.each<{ at: LinkName; word: string; lies: Lies; code?: number }>([
    { at: 'key', word: 'not-an-edge', lies: { instead: page }, code: 3 },
    { at: 'answer', word: 'not-an-edge', lies: { instead: onlyTime((response) => response.end('{}')) }, code: 3 },
    {
      at: 'answer',
      word: 'cached',
      lies: { instead: onlyTime((response) => response.setHeader('Age', 7).end()) },
      code: 3,
    },
    {
      at: 'answer',
      word: 'malformed',
      lies: { instead: onlyTime((response) => response.setHeader('Content-Type', 'application/jose').end('a.b.c')) },
    },
    { at: 'answer', word: 'malformed', lies: { synchronized: false } },
    { at: 'delegation', word: 'unknown-key', lies: { signer: 'stranger' } },
    { at: 'signature', word: 'bad-signature', lies: { signer: 'forger' } },
    { at: 'origin', word: 'wrong-audience', lies: { aud: 'https://elsewhere.example' } },
    { at: 'nonce', word: 'wrong-nonce', lies: { nonce: 'bm9vbm1hcmstbm9uY2U' } },
    { at: 'validity', word: 'outside-delegation', lies: { hasEnded: true } },
    { at: 'floor', word: 'went-back', lies: { shiftMs: -400 * 86_400_000 } },
  ])('stops at $at: $word', async ({ at, word, lies, code = 1 }) => {
    await using edge = await startFakeEdge(lies);
    const ran = await runNoonmark(['verify', edge.origin, '--gateway-key', edge.gatewayKey, '--json']);
    const { verified, refusal, links } = JSON.parse(ran.stdout || `"${ran.stderr}"`);
    expect({ verified, refusal, code: ran.code }).toEqual({ verified: false, refusal: word, code });
    const broken = links.findIndex(({ holds }: { holds?: boolean }) => holds === false);
    expect(links[broken].link).toBe(at);
    expect(links.slice(0, broken).every(({ holds }: { holds?: boolean }) => holds)).toBe(true);
    expect(links.slice(broken + 1).every(({ holds }: { holds?: boolean }) => holds === undefined)).toBe(true);
  });
});
