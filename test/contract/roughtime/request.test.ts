import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refuse } from '#contract/result.ts';
import { admitRequest, decodeRequest, MIN_REQUEST_BYTES } from '#contract/roughtime/request.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import { answer, assemble, forgeRequest, nonce, type Parts, packet, request, server, words } from './forge.ts';

const admit = (changes: Parts) => admitRequest(forgeRequest({ ZZZZ: new Uint8Array(1024), ...changes }), server);

describe('a request, RFC 10049 §5.1', () => {
  it('is a message of 1024 bytes, as the text makes it', () => {
    expect(request).toHaveLength(12 + 1024);
    expect(request).toEqual(forgeRequest());
  });

  it('is read as it was made', () => {
    expect(decodeRequest(request)).toEqual({
      ok: true,
      value: { packet: request, versions: [VERSION_1, DRAFT], nonce, server },
    });
  });

  it.each([
    { name: 'both: the RFC goes before the draft', VER: words(VERSION_1, DRAFT), version: VERSION_1 },
    { name: 'the RFC alone', VER: words(VERSION_1), version: VERSION_1 },
    { name: 'the draft alone', VER: words(DRAFT), version: DRAFT },
    { name: 'others that are not known here', VER: words(0, 2, DRAFT, 0xffffffff), version: DRAFT },
    { name: '32 versions', VER: words(...Array.from({ length: 32 }, (_, i) => i)), version: VERSION_1 },
  ])('is answered in the best version: $name', ({ VER, version }) => {
    expect(admit({ VER })).toMatchObject({ ok: true, value: { version } });
  });

  it.each([
    { name: 'no SRV, of which the server has but one', changes: { SRV: undefined } },
    { name: 'tags that nobody knows', changes: { AAAA: words(1), ZZZY: words(2) } },
  ])('is answered: $name', ({ changes }) => {
    expect(admit(changes).ok).toBe(true);
  });

  it.each([
    { name: 'no VER', changes: { VER: undefined }, refusal: refuse('malformed', 'VER') },
    { name: 'no version', changes: { VER: words() }, refusal: refuse('malformed', 'VER') },
    { name: 'half a version', changes: { VER: Uint8Array.of(1, 0) }, refusal: refuse('malformed', 'offsets') },
    {
      name: '33 versions',
      changes: { VER: words(...Array.from({ length: 33 }, (_, i) => i)) },
      refusal: refuse('malformed', 'VER'),
    },
    { name: 'a version twice', changes: { VER: words(1, 1) }, refusal: refuse('malformed', 'VER') },
    { name: 'versions that descend', changes: { VER: words(DRAFT, 1) }, refusal: refuse('malformed', 'VER') },
    { name: 'versions that we do not speak', changes: { VER: words(0, 2) }, refusal: refuse('other-version') },
    { name: 'no NONC', changes: { NONC: undefined }, refusal: refuse('malformed', 'NONC') },
    { name: "Google's nonce", changes: { NONC: new Uint8Array(64) }, refusal: refuse('malformed', 'NONC') },
    { name: 'no TYPE', changes: { TYPE: undefined }, refusal: refuse('malformed', 'TYPE') },
    { name: 'another TYPE', changes: { TYPE: words(2) }, refusal: refuse('not-a-request') },
    { name: 'another server', changes: { SRV: new Uint8Array(32) }, refusal: refuse('other-server') },
    { name: 'half a server', changes: { SRV: new Uint8Array(16) }, refusal: refuse('other-server') },
    { name: 'too short for any answer', changes: { ZZZZ: undefined }, refusal: refuse('too-short') },
    { name: 'longer than any', changes: { ZZZZ: new Uint8Array(4096) }, refusal: refuse('too-long') },
  ])('is not answered: $name', ({ changes, refusal }) => {
    expect(admit(changes)).toEqual(refusal);
  });

  it('is answered from 1024 bytes on, not below', () => {
    const spare = request.length - MIN_REQUEST_BYTES;
    expect(admit({ ZZZZ: new Uint8Array(908 - spare) }).ok).toBe(true);
    expect(admit({ ZZZZ: new Uint8Array(908 - spare - 4) })).toEqual(refuse('too-short'));
  });

  it('is no response: two servers could be made to talk to each other', async () => {
    const [response] = await answer(request);
    const padded = packet(assemble({ VER: words(1), NONC: nonce, TYPE: words(1), ZZZZ: new Uint8Array(1024) }));
    expect(decodeRequest(response!)).toEqual(refuse('malformed', 'VER'));
    expect(admitRequest(padded, server)).toEqual(refuse('not-a-request'));
  });

  it('is never thrown at, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { minLength: 1 }), (changes) => {
        const altered = request.slice();
        for (const [at, octet] of changes) altered[at] = octet;
        admitRequest(altered, server);
      }),
      { numRuns: 1000 },
    );
  });
});
