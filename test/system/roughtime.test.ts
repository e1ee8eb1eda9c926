/** Roughtime as somebody else reads the RFC: test/support/roughtime.py, which shares no line with what is tested. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ok } from '#contract/result.ts';
import { answerRequests } from '#contract/roughtime/answer.ts';
import { makeRequest } from '#contract/roughtime/request.ts';
import { verifyResponse } from '#contract/roughtime/verification.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import { type Bytes, base64, fromBase64 } from '#contract/web-platform.ts';
import {
  admitted,
  forgeRequest,
  longTermKey,
  NOW,
  nonce,
  request,
  server,
  signer,
  words,
} from '../contract/roughtime/forge.ts';
import { runChild } from '../support/child.ts';
import { ROOT } from '../support/root.ts';

const { code } = await runChild('python3', ['-c', 'import cryptography']).catch(() => ({ code: 1 }));

type Given = Readonly<Record<string, unknown>>;
const ask = async (...lines: readonly Given[]): Promise<Given[]> => {
  const text = lines.map((line) =>
    JSON.stringify(line, (_, value) => (value instanceof Uint8Array ? base64(value) : value)),
  );
  const ran = await runChild('python3', [join(ROOT, 'test/support/roughtime.py')], { input: text.join('\n') });
  expect(ran.stderr).toBe('');
  return ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
};
const bytes = (text: unknown): Bytes => fromBase64(String(text))!;

describe.skipIf(code !== 0)('python3-cryptography and RFC 10049', () => {
  const key = longTermKey.publicKey;
  const requests = [VERSION_1, DRAFT].flatMap((version) =>
    Array.from({ length: 5 }, (_, i) => forgeRequest({ VER: words(version), NONC: new Uint8Array(32).fill(i) })),
  );
  let responses: Bytes[];
  beforeAll(async () => {
    responses = await answerRequests(requests.map(admitted), NOW, signer);
  });

  it('takes our responses, in both versions, alone and in batches', async () => {
    const alone = await answerRequests([admitted(request)], NOW, signer);
    const seen = await ask(
      { do: 'verify', key, asked: request, answer: alone[0] },
      ...requests.map((asked, i) => ({ do: 'verify', key, asked, answer: responses[i] })),
    );
    const told = { midpoint: Number(NOW.midpoint), radius: NOW.radius };
    expect(seen[0]).toEqual({ version: VERSION_1, ...told, size: 420 });
    expect(seen.slice(1)).toEqual(
      requests.map((_, i) => ({ version: i < 5 ? VERSION_1 : DRAFT, ...told, size: 420 + 3 * 32 })),
    );
  });

  it('refuses them for another request, by another key, and with a bit of the time altered', async () => {
    const asked = requests[0];
    const answer = responses[0]!;
    const time = answer.findLastIndex(
      (_, i) => base64(answer.subarray(i, i + 8)) === base64(words(Number(NOW.midpoint), 0)),
    );
    const later = answer.with(time, answer[time]! ^ 1);
    const [other, byOther, altered] = await ask(
      { do: 'verify', key, asked: requests[1], answer },
      { do: 'verify', key: new Uint8Array(nonce), asked, answer },
      { do: 'verify', key, asked, answer: later },
    );
    expect(other).toEqual({ refused: 'another question' });
    expect(byOther).toEqual({ refused: 'signature' });
    expect(altered).toEqual({ refused: 'signature' });
  });

  it('asks, and is answered', async () => {
    const asking = [[VERSION_1], [DRAFT], [VERSION_1, DRAFT], [2, DRAFT]];
    const asked = await ask(...asking.map((versions) => ({ do: 'request', nonce, key, versions })));
    const packets = asked.map((line) => bytes(line.request));
    const answers = await answerRequests(packets.map(admitted), NOW, signer);
    const seen = await ask(...packets.map((packet, i) => ({ do: 'verify', key, asked: packet, answer: answers[i] })));
    expect(seen.map(({ version }) => version)).toEqual([VERSION_1, DRAFT, VERSION_1, DRAFT]);
  });

  it.each([
    { name: 'version 1', version: VERSION_1 },
    { name: 'the draft', version: DRAFT },
  ])('answers in $name, and is believed', async ({ version }) => {
    const ours = Array.from({ length: 6 }, (_, i) => makeRequest(new Uint8Array(32).fill(i), server));
    const [answered] = await ask({ do: 'respond', asked: ours, version, midpoint: Number(NOW.midpoint), radius: 1 });
    const theirs = answered!.responses as string[];
    expect(theirs).toHaveLength(ours.length);
    for (const [i, response] of theirs.entries()) {
      const time = await verifyResponse(bytes(response), ours[i]!, bytes(answered!.key));
      expect(time).toEqual(ok({ midpoint: NOW.midpoint, radius: 1 }));
    }
  });
});
