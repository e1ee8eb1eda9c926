import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { covers, type Delegation } from '#contract/delegation.ts';
import { certifyDelegation, type EdgeCertificates, openEdgeCertificates } from '#contract/edge-certificates.ts';
import { ok, refuse } from '#contract/result.ts';
import { answerRequests } from '#contract/roughtime/answer.ts';
import { certify, openCertificate } from '#contract/roughtime/certificate.ts';
import { makeRequest, readRequest, serverId } from '#contract/roughtime/request.ts';
import { intervalOf } from '#contract/roughtime/rough-time.ts';
import { verifyResponse } from '#contract/roughtime/verification.ts';
import { DRAFT, VERSION_1, VERSIONS, type Version } from '#contract/roughtime/versions.ts';
import { unixNanos } from '#contract/time.ts';
import { decodeTimeSample, encodeTimeSample } from '#contract/time-sample.ts';
import { base64url, fromBase64url } from '#contract/web-platform.ts';
import { exampleDelegation, exampleSample, RFC8037 } from './example.ts';
import { assemble, otherKey as longTerm, longTermKey, nonce, onlineKey } from './roughtime/forge.ts';

let good: EdgeCertificates;
beforeAll(async () => {
  good = await certifyDelegation(exampleDelegation, longTerm);
});
const open = (over: Partial<EdgeCertificates>, delegation: Delegation = exampleDelegation) =>
  openEdgeCertificates({ ...good, ...over }, delegation);
const withOne = (version: Version, certificate: string) => ({
  certificates: { ...good.certificates, [version]: certificate },
});

describe('a delegation once more, in the form of Roughtime', () => {
  it('is of the same key, and of the whole seconds that lie in the same time, for each version', async () => {
    expect(good).toMatchObject({ edgeKey: exampleDelegation.edgeKey, longTermKey: base64url(longTerm.publicKey) });
    const certificates = VERSIONS.map((version) => fromBase64url(good.certificates[version]!)!);
    for (const [i, version] of VERSIONS.entries())
      expect(await openCertificate(certificates[i]!, version, longTerm.publicKey)).toEqual(
        // Of 1795335599996910001 to 1795421999996910001.
        ok({ publicKey: fromBase64url(exampleDelegation.edgeKey), from: 1795335600n, until: 1795421999n }),
      );
    const [first, draft] = certificates;
    expect(await open({})).toEqual(
      ok({ longTermKey: longTerm.publicKey, certificates: { [VERSION_1]: first, [DRAFT]: draft } }),
    );
  });

  it('lets no answer reach out of the delegation, to the nanosecond', async () => {
    const nanosecond = fc.bigInt({ min: 0n, max: 4_000_000_000n });
    await fc.assert(
      fc.asyncProperty(nanosecond, nanosecond, fc.bigInt({ min: 0n, max: 5n }), async (from, length, midpoint) => {
        const delegation = {
          ...exampleDelegation,
          validFromUnixNs: unixNanos(from),
          validUntilUnixNs: unixNanos(from + length),
        };
        const { certificates } = await certifyDelegation(delegation, longTerm);
        const bytes = fromBase64url(certificates[VERSION_1]!)!;
        const opened = await openCertificate(bytes, VERSION_1, longTerm.publicKey);
        if (!opened.ok) throw new Error(opened.reason);
        const isAllowed = opened.value.from <= midpoint && midpoint <= opened.value.until;
        expect(isAllowed).toBe(covers(delegation, intervalOf({ midpoint, radius: 0 })));
      }),
    );
  });

  it('goes along in a sample, and a version that is not known yet with it', async () => {
    const later = { ...good, certificates: { ...good.certificates, 2: 'of a form to come' } };
    const server = { longTermKey: RFC8037.jwk.x, addresses: ['time.example.org:5319', '[::1]:1'] };
    const sample = { ...exampleSample, roughtime: [later, { ...later, server }] };
    expect(decodeTimeSample(encodeTimeSample(sample))).toEqual(ok(sample));
    expect(await openEdgeCertificates(later, exampleDelegation)).toMatchObject({ ok: true });
  });

  it.each<[what: string, over: object]>([
    ['a key that is none', { edgeKey: 'short' }],
    ['a long-term key that is none', { longTermKey: `${RFC8037.jwk.x}A` }],
    ['no certificates', { certificates: undefined }],
    ['a version that is no number', { certificates: { one: '' } }],
    ['five versions', { certificates: { 1: '', 2: '', 3: '', 4: '', 5: '' } }],
    ['a server without an address', { server: { longTermKey: RFC8037.jwk.x, addresses: [] } }],
    ['a server without a port', { server: { longTermKey: RFC8037.jwk.x, addresses: ['time.example.org'] } }],
    ['a server without a key', { server: { addresses: ['time.example.org:5319'] } }],
    ['a certificate that is longer than any', { certificates: { 1: 'c'.repeat(257) } }],
  ])('makes a sample malformed with %s', (_what, over) => {
    const sample = { ...exampleSample, roughtime: [{ ...good, ...over }] };
    expect(decodeTimeSample(encodeTimeSample(sample as never))).toMatchObject(refuse('malformed'));
  });
});

describe('it is refused', () => {
  it.each(VERSIONS)('where version %i is missing, or is no certificate', async (version) => {
    const { [version]: _, ...others } = good.certificates;
    expect(await open({ certificates: others })).toEqual(refuse('malformed', `${version}`));
    for (const none of ['', 'not base64url!', base64url(new Uint8Array(148)), base64url(new Uint8Array(156))])
      expect(await open(withOne(version, none))).toEqual(refuse('malformed', `${version}`));
    expect(await open(withOne(version, base64url(new Uint8Array(152))))).toMatchObject(refuse('malformed'));
  });

  it('where one stands in the place of the other, whose context differs', async () => {
    expect(await open(withOne(VERSION_1, good.certificates[DRAFT]!))).toEqual(refuse('bad-certificate'));
    expect(await open(withOne(DRAFT, good.certificates[VERSION_1]!))).toEqual(refuse('bad-certificate'));
  });

  it('where another long-term key is named than the one that signed, or what is no key', async () => {
    for (const longTermKey of [RFC8037.jwk.x, 'A'.repeat(43), `${'_'.repeat(42)}8`])
      expect(await open({ longTermKey })).toEqual(refuse('bad-certificate'));
  });

  it('where it is for another key than the delegation', async () => {
    expect(await open({}, { ...exampleDelegation, edgeKey: RFC8037.jwk.x })).toEqual(refuse('unknown-edge-key'));
  });

  it.each([
    ['begins a second earlier', -1n, 0n],
    ['begins a second later', 1n, 0n],
    ['ends a second later', 0n, 1n],
    ['ends a second earlier', 0n, -1n],
  ])('where it %s than the delegation, though signed', async (_what, from, until) => {
    const said = { publicKey: fromBase64url(good.edgeKey)!, from: 1795335600n + from, until: 1795421999n + until };
    for (const version of VERSIONS) {
      const certificate = base64url(await certify(said, version, longTerm.privateKey));
      expect(await open(withOne(version, certificate))).toEqual(refuse('outside-delegation'));
    }
  });

  it('with any bit of a certificate altered', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...VERSIONS), fc.nat(151), fc.nat(7), async (version, at, bit) => {
        const altered = fromBase64url(good.certificates[version]!)!;
        altered[at]! ^= 1 << bit;
        expect((await open(withOne(version, base64url(altered)))).ok).toBe(false);
      }),
      { numRuns: 300 },
    ));

  it('where there is more in it than it needs: an answer with it would be longer', async () => {
    const more = assemble({ SIG: new Uint8Array(64), DELE: new Uint8Array(72), ZZZZ: new Uint8Array(8) });
    expect(await open(withOne(VERSION_1, base64url(more)))).toEqual(refuse('malformed', '1'));
  });
});

it('who has stolen the edge key speaks for the times in its delegation alone, and for no other edge', async () => {
  const opened = await openEdgeCertificates(good, exampleDelegation);
  if (!opened.ok) throw new Error(opened.reason);
  const { certificates } = opened.value;
  const claim = async (midpoint: bigint, key = longTerm.publicKey) => {
    const request = makeRequest(nonce, await serverId(key));
    const admitted = readRequest(request);
    if (!admitted.ok) throw new Error(admitted.reason);
    const online = { privateKey: onlineKey.privateKey, certificates };
    const [response] = await answerRequests([admitted.value], { midpoint, radius: 3 }, online);
    return verifyResponse(response!, request, key);
  };
  for (const midpoint of [1795335600n, 1795421999n]) expect(await claim(midpoint)).toMatchObject({ ok: true });
  for (const midpoint of [1795335599n, 1795422000n])
    expect(await claim(midpoint)).toEqual(refuse('outside-delegation'));
  // As a caller of another edge of this gateway has pinned.
  expect(await claim(1795400000n, longTermKey.publicKey)).toEqual(refuse('bad-certificate'));
});
