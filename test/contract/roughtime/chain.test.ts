/** A chain of responses, and what is told of it to others. RFC 10049 §8.2, §8.4, appendix B. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { answerRequests } from '#contract/roughtime/answer.ts';
import { openCertificate } from '#contract/roughtime/certificate.ts';
import { contradictions, type Link, nextNonce, verifyChain } from '#contract/roughtime/chain.ts';
import { decodeReport, encodeReport, MAX_REPORT_LENGTH } from '#contract/roughtime/malfeasance-report.ts';
import { MAX_PACKET_BYTES } from '#contract/roughtime/packet.ts';
import { makeRequest } from '#contract/roughtime/request.ts';
import { decodeResponse, decodeSignedTime } from '#contract/roughtime/response.ts';
import type { RoughTime } from '#contract/roughtime/rough-time.ts';
import { isSigned } from '#contract/roughtime/signature.ts';
import { verifyResponse } from '#contract/roughtime/verification.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import { admitted, longTermKey, NOW, nonce, server, signer } from './forge.ts';
import { APPENDIX_B } from './rfc-10049.ts';

/** One server that is asked again and again, and has these times to tell. */
const chainOf = async (times: readonly RoughTime[]): Promise<Link[]> => {
  const links: Link[] = [];
  for (const [i, time] of times.entries()) {
    const rand = new Uint8Array(32).fill(i);
    const previous = links.at(-1);
    const request = makeRequest(previous ? await nextNonce(previous.response, rand) : nonce, server);
    const [response] = await answerRequests([admitted(request)], time, signer);
    links.push({ rand: previous && rand, publicKey: longTermKey.publicKey, request, response: response! });
  }
  return links;
};
const at = (seconds: bigint, radius = 3): RoughTime => ({ midpoint: NOW.midpoint + seconds, radius });

describe('the causal order, §8.2', () => {
  it.each([
    { name: 'the same time', times: [at(0n), at(0n)], pairs: [] },
    { name: 'back by as much as both radii allow', times: [at(6n), at(0n)], pairs: [] },
    { name: 'back by a second more', times: [at(7n), at(0n)], pairs: [[0, 1]] },
    { name: 'on by years', times: [at(0n), at(10n ** 9n)], pairs: [] },
    { name: 'one that is late among three', times: [at(0n), at(100n), at(0n)], pairs: [[1, 2]] },
    { name: 'not next to each other', times: [at(100n, 1), at(90n, 20), at(80n, 1)], pairs: [[0, 2]] },
  ])('$name', ({ times, pairs }) => {
    expect(contradictions(times)).toEqual(pairs);
  });

  it('never accuses servers of which each tells an interval that holds true time', () => {
    const honest = fc
      .tuple(fc.bigInt(0n, 1000n), fc.bigInt(-20n, 20n), fc.nat(20))
      .map(([now, off, more]) => ({ now, told: at(now + off, Math.abs(Number(off)) + more + 1) }));
    fc.assert(
      fc.property(fc.array(honest), (servers) => {
        const inOrder = servers.toSorted((a, b) => Number(a.now - b.now));
        expect(contradictions(inOrder.map(({ told }) => told))).toEqual([]);
      }),
    );
  });
});

describe('a chain', () => {
  it('is verified link by link', async () => {
    const times = [at(0n), at(1n), at(1n, 5)];
    expect(await verifyChain(await chainOf(times))).toEqual(ok(times));
  });

  it('is broken where a nonce was not made of the response before', async () => {
    const [first, second, third] = await chainOf([at(0n), at(1n), at(2n)]);
    const fault = refuse('broken-chain', 'link 1');
    expect(await verifyChain([first!, third!])).toEqual(fault);
    expect(await verifyChain([second!, first!])).toEqual(fault);
    expect(await verifyChain([first!, { ...second!, rand: undefined }])).toEqual(fault);
    expect(await verifyChain([first!, { ...second!, rand: new Uint8Array(32) }])).toEqual(fault);
  });

  it('is refused at the first response that is', async () => {
    const [first, second] = await chainOf([at(0n), at(1n)]);
    const forged = { ...second!, publicKey: nonce };
    expect(await verifyChain([first!, forged])).toEqual(refuse('bad-certificate', 'link 1'));
  });
});

describe('a malfeasance report, §8.4.1', () => {
  it('is judged by whoever reads it', async () => {
    const links = await chainOf([at(0n), at(100n), at(1n)]);
    const report = decodeReport(encodeReport(links));
    expect(report).toEqual(ok(links));
    const times = await verifyChain(report.ok ? report.value : []);
    expect(times.ok && contradictions(times.value)).toEqual([[1, 2]]);
  });

  it.each([
    { name: 'no JSON', text: '{', detail: 'the payload is not JSON' },
    { name: 'no object', text: '[]', detail: 'responses' },
    { name: 'no responses', text: '{"responses":[]}', detail: 'responses' },
    { name: 'no key', text: '{"responses":[{"request":"","response":""}]}', detail: 'responses.0.publicKey' },
    {
      name: 'half a key',
      text: '{"responses":[{"publicKey":"AAAA","request":"","response":""}]}',
      detail: 'responses.0.publicKey',
    },
  ])('is refused: $name', ({ text, detail }) => {
    expect(decodeReport(text)).toEqual(refuse('malformed', detail));
  });

  it('is refused beyond 32 responses, and fits into the limit below', () => {
    const long = new Uint8Array(MAX_PACKET_BYTES);
    const link = { rand: nonce, publicKey: nonce, request: long, response: long };
    const report = (count: number) => encodeReport(Array.from({ length: count }, () => link));
    expect(report(32).length).toBeLessThan(MAX_REPORT_LENGTH);
    expect(decodeReport(report(32)).ok).toBe(true);
    expect(decodeReport(report(33))).toEqual(refuse('malformed', 'responses'));
  });

  it('is never thrown at', async () => {
    const responses = fc.array(
      fc.record(
        { rand: fc.base64String(), publicKey: fc.base64String(), request: fc.base64String() },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.record({ responses })), (value) => {
        decodeReport(typeof value === 'string' ? value : JSON.stringify(value));
      }),
    );
  });
});

/** The text and its example differ by one letter, DECISIONS.md 59: signed is what the drafts' capital T says. */
describe("the RFC's own example, appendix B", () => {
  it('is refused by the text of §5.2.6, version 1', async () => {
    for (const { response, request, publicKey } of APPENDIX_B)
      expect(await verifyResponse(response, request, publicKey)).toEqual(refuse('bad-certificate'));
    expect(await verifyChain(APPENDIX_B)).toEqual(refuse('bad-certificate', 'link 0'));
  });

  it('is signed with the contexts of the drafts, though it says that it is version 1', async () => {
    const times: RoughTime[] = [];
    for (const { response, publicKey } of APPENDIX_B) {
      const decoded = decodeResponse(response);
      if (!decoded.ok) throw new Error(decoded.reason);
      const { certificate, srep, signature } = decoded.value;
      const opened = await openCertificate(certificate, DRAFT, publicKey);
      if (!opened.ok) throw new Error(opened.reason);
      expect(await isSigned(DRAFT, 'response', srep, signature, opened.value.publicKey)).toBe(true);
      expect(await isSigned(VERSION_1, 'response', srep, signature, opened.value.publicKey)).toBe(false);
      const signed = decodeSignedTime(srep);
      if (!signed.ok) throw new Error(signed.reason);
      expect(signed.value.version).toBe(VERSION_1);
      times.push(signed.value.time);
    }
    expect(times.map(({ midpoint }) => midpoint)).toEqual([1773685571n, 1773599171n, 1773599171n]);
    expect(contradictions(times)).toEqual([
      [0, 1],
      [0, 2],
    ]);
  });

  it('is a report as we write one', () => {
    expect(decodeReport(encodeReport(APPENDIX_B))).toEqual(ok(APPENDIX_B));
  });
});
