import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { decodeResponse, decodeSignedTime } from '#contract/roughtime/response.ts';
import { verifyResponse } from '#contract/roughtime/verification.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import type { Bytes } from '#contract/web-platform.ts';
import {
  answer,
  type Changes,
  delegation,
  forgeRequest,
  forgeResponse,
  longTermKey,
  NOW,
  nonce,
  otherKey,
  request,
  word64,
  words,
} from './forge.ts';

const verify = (response: Bytes, asked = request) => verifyResponse(response, asked, longTermKey.publicKey);

describe('a response, RFC 10049 §5.2', () => {
  it('is as the text makes it: Ed25519 has no dice', async () => {
    expect((await answer(request))[0]).toEqual(await forgeResponse());
  });

  it.each([
    { name: 'the RFC', VER: words(VERSION_1), version: VERSION_1 },
    { name: 'its drafts', VER: words(DRAFT), version: DRAFT },
    { name: 'both', VER: words(VERSION_1, DRAFT), version: VERSION_1 },
  ])('tells the time to who speaks $name', async ({ VER, version }) => {
    const asked = forgeRequest({ VER });
    const [response] = await answer(asked);
    expect(await verify(response!, asked)).toEqual(ok(NOW));
    const decoded = decodeResponse(response!);
    expect(decoded.ok && decodeSignedTime(decoded.value.srep)).toMatchObject({ ok: true, value: { version } });
  });

  it('is one of a batch, each to its own request, none longer than that', async () => {
    const asker = fc.record({
      VER: fc.constantFrom(words(VERSION_1), words(DRAFT), words(VERSION_1, DRAFT)),
      NONC: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      ZZZZ: fc.constantFrom(900, 908, 2000).map((size) => new Uint8Array(size)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(asker, { minLength: 1, maxLength: 70 }), async (askers) => {
        const requests = askers.map(forgeRequest);
        const responses = await answer(...requests);
        expect(responses).toHaveLength(requests.length);
        for (const [i, response] of responses.entries()) {
          expect(response.length).toBeLessThanOrEqual(requests[i]!.length);
          expect(await verify(response, requests[i])).toEqual(ok(NOW));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('may hold tags that nobody knows, at every level (§7)', async () => {
    const unknown = { AAAA: words(1), ZZZY: words(2) };
    const greased = await forgeResponse({ outer: unknown, srep: unknown, cert: unknown, dele: unknown });
    expect(await verify(greased)).toEqual(ok(NOW));
  });

  it.each([
    { name: 'MIDP is MINT', midpoint: delegation.from },
    { name: 'MIDP is MAXT', midpoint: delegation.until },
  ])('holds at both ends of the delegation: $name', async ({ midpoint }) => {
    const response = await forgeResponse({ srep: { MIDP: word64(midpoint) } });
    expect(await verify(response)).toEqual(ok({ ...NOW, midpoint }));
  });
});

describe('what is refused, though signed', () => {
  const v1Only = forgeRequest({ VER: words(VERSION_1) });
  const rows: readonly { name: string; changes: Changes; refusal: object; asked?: Bytes }[] = [
    { name: 'another nonce', changes: { outer: { NONC: new Uint8Array(32) } }, refusal: refuse('other-nonce') },
    { name: 'a request', changes: { outer: { TYPE: words(0) } }, refusal: refuse('not-a-response') },
    {
      name: 'a version that was not asked for',
      changes: { version: DRAFT },
      asked: v1Only,
      refusal: refuse('other-version'),
    },
    { name: 'a version that is not known', changes: { srep: { VER: words(2) } }, refusal: refuse('other-version') },
    {
      name: 'a version that the server does not claim to speak',
      changes: { srep: { VERS: words(DRAFT) } },
      refusal: refuse('unlisted-version'),
    },
    { name: 'the draft where both speak the RFC', changes: { version: DRAFT }, refusal: refuse('downgrade') },
    { name: 'no radius', changes: { srep: { RADI: words(0) } }, refusal: refuse('no-radius') },
    {
      name: 'a second before the delegation',
      changes: { srep: { MIDP: word64(delegation.from - 1n) } },
      refusal: refuse('outside-delegation'),
    },
    {
      name: 'a second after it',
      changes: { srep: { MIDP: word64(delegation.until + 1n) } },
      refusal: refuse('outside-delegation'),
    },
    {
      name: 'a delegation of no time',
      changes: { dele: { MINT: word64(NOW.midpoint + 1n), MAXT: word64(NOW.midpoint - 1n) } },
      refusal: refuse('outside-delegation'),
    },
    { name: 'another long-term key', changes: { longTerm: otherKey }, refusal: refuse('bad-certificate') },
    { name: 'another online key', changes: { online: otherKey }, refusal: refuse('bad-signature') },
    { name: 'the long-term key itself', changes: { online: longTermKey }, refusal: refuse('bad-signature') },
    {
      name: "the other version's contexts",
      changes: { version: DRAFT, srep: { VER: words(VERSION_1) } },
      refusal: refuse('bad-certificate'),
    },
    { name: 'bits of INDX beyond PATH', changes: { outer: { INDX: words(1) } }, refusal: refuse('bad-index') },
    { name: 'a PATH to elsewhere', changes: { outer: { PATH: new Uint8Array(32) } }, refusal: refuse('bad-root') },
    { name: 'another ROOT', changes: { srep: { ROOT: new Uint8Array(32) } }, refusal: refuse('bad-root') },
    {
      name: 'a PATH of 33 hashes',
      changes: { outer: { PATH: new Uint8Array(33 * 32) } },
      refusal: refuse('path-too-long'),
    },
    {
      name: 'half a hash in PATH',
      changes: { outer: { PATH: new Uint8Array(16) } },
      refusal: refuse('malformed', 'PATH'),
    },
    { name: 'VERS that descend', changes: { srep: { VERS: words(DRAFT, 1) } }, refusal: refuse('malformed', 'VERS') },
    { name: 'two versions', changes: { srep: { VER: words(1, DRAFT) } }, refusal: refuse('malformed', 'VER') },
  ];
  it.each(rows)('$name', async ({ changes, asked = request, refusal }) => {
    expect(await verify(await forgeResponse(changes), asked)).toEqual(refusal);
  });

  it.each(['SIG', 'NONC', 'TYPE', 'PATH', 'SREP', 'CERT', 'INDX'])('no %s', async (tag) => {
    expect(await verify(await forgeResponse({ outer: { [tag]: undefined } }))).toEqual(refuse('malformed', tag));
  });
  it.each(['VER', 'RADI', 'MIDP', 'VERS', 'ROOT'])('no %s in SREP', async (tag) => {
    expect(await verify(await forgeResponse({ srep: { [tag]: undefined } }))).toEqual(refuse('malformed', tag));
  });
  it.each(['SIG', 'DELE'])('no %s in CERT', async (tag) => {
    expect(await verify(await forgeResponse({ cert: { [tag]: undefined } }))).toEqual(refuse('malformed', tag));
  });
  it.each(['PUBK', 'MINT', 'MAXT'])('no %s in DELE', async (tag) => {
    expect(await verify(await forgeResponse({ dele: { [tag]: undefined } }))).toEqual(refuse('malformed', tag));
  });
});

describe('what anybody can send', () => {
  it("another request's answer", async () => {
    const other = forgeRequest({ NONC: nonce, ZZZZ: new Uint8Array(912) });
    const [response] = await answer(other);
    expect(await verify(response!)).toEqual(refuse('bad-root'));
  });

  it('an answer to what was no request', async () => {
    const [response] = await answer(request);
    expect(await verify(response!, response)).toEqual(refuse('malformed', 'VER'));
  });

  it('a public key that is no point: refused, not thrown', async () => {
    for (const octet of [0x00, 0x01, 0xff]) {
      const response = await forgeResponse({ dele: { PUBK: new Uint8Array(32).fill(octet) } });
      expect(await verify(response)).toEqual(refuse('bad-signature'));
      const checked = await verifyResponse(response, request, new Uint8Array(32).fill(octet));
      expect(checked).toEqual(refuse('bad-certificate'));
    }
  });

  it('a good one with any one bit altered', async () => {
    const [good] = await answer(request, forgeRequest({ NONC: new Uint8Array(32) }));
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * good!.length - 1), async (bit) => {
        const altered = good!.slice();
        altered[bit >>> 3]! ^= 1 << (bit & 7);
        expect((await verify(altered)).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('anything else', async () => {
    const good = await forgeResponse();
    const octets = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(octets, fc.nat(good.length), fc.uint8Array(), async (changes, length, tail) => {
        const altered = good.slice();
        for (const [at, octet] of changes) altered[at] = octet;
        const cut = Uint8Array.from([...altered.subarray(0, length), ...tail]);
        expect((await verify(cut)).ok).toBe(false);
        expect((await verify(Uint8Array.from(tail))).ok).toBe(false);
        await verify(altered);
      }),
      { numRuns: 300 },
    );
  });
});
