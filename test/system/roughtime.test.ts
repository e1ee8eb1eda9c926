/** Roughtime as somebody else reads the RFC: test/support/roughtime.py, which shares no line with what is tested. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ok } from '#contract/result.ts';
import { answerRequests } from '#contract/roughtime/answer.ts';
import { makeRequest } from '#contract/roughtime/request.ts';
import { verifyResponse } from '#contract/roughtime/verification.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import { type Bytes, base64 } from '#contract/web-platform.ts';
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
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { freePort, freeUdpPort } from '../support/free-port.ts';
import { runGateway, startGateway, untilWithin } from '../support/gateway.ts';
import { askOverTcp, askOverUdp, requestOf } from '../support/roughtime-client.ts';
import { ask, bytes, hasCryptography } from '../support/roughtime-elsewhere.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { waitFor } from '../support/wait-for.ts';

describe.skipIf(!hasCryptography)('python3-cryptography and RFC 10049', () => {
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

describe.skipIf(!hasCryptography || !hasChronyd)('the gateway, as python3-cryptography sees it', () => {
  const keep = stopAfterAll();
  const SHIFT = 3_600;

  it('signs the time of its sources, over UDP and TCP', async () => {
    const upstream = await keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 }));
    const port = await freePort();
    const server = { roughtime: { listen: [`127.0.0.1:${port}`] } };
    const gateway = await keep(startGateway({ sources: [{ ...upstream, minPoll: -4 }], server }));
    const status = await untilWithin(gateway, 100);
    expect(status.roughtime).toEqual({});

    const config = join(gateway.stateDir, 'noonmark.toml');
    const { roughtime } = JSON.parse((await runGateway('keys', '--config', config, '--json')).stdout);
    const key = bytes(roughtime);
    const file = join(gateway.stateDir, 'roughtime.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const [overUdp, overTcp] = [await requestOf(key, 1), await requestOf(key, 2)];
    const before = Date.now() / 1e3;
    const [udp] = await askOverUdp(port, [overUdp]);
    const tcp = await askOverTcp(port, [overTcp], 420);
    const after = Date.now() / 1e3;
    const seen = await ask(
      { do: 'verify', key, asked: overUdp, answer: udp },
      { do: 'verify', key, asked: overTcp, answer: tcp.answer },
    );
    for (const { version, midpoint, radius } of seen) {
      expect([version, radius]).toEqual([VERSION_1, 3]);
      expect(midpoint).toBeGreaterThan(before + SHIFT - 1);
      expect(midpoint).toBeLessThan(after + SHIFT + 1);
    }
    expect((await gateway.status()).roughtime).toEqual({ received: 2, answered: 2 });
  });

  it('signs nothing of a clock that no source told it, not even with [local]', async () => {
    const port = await freePort();
    const gateway = await keep(
      startGateway({
        sources: [{ port: await freeUdpPort() }],
        server: { roughtime: { listen: [`127.0.0.1:${port}`] } },
        local: { uncertainty: '10ms' },
      }),
    );
    await waitFor('the host’s own clock', async () => (await gateway.status()).clock !== undefined);
    const { stdout } = await runGateway('keys', '--config', join(gateway.stateDir, 'noonmark.toml'), '--json');
    expect(await askOverUdp(port, [await requestOf(bytes(JSON.parse(stdout).roughtime))])).toEqual([]);
    expect((await gateway.status()).roughtime).toEqual({ received: 1, unsynchronized: 1 });
  });
});
