/** The thread that answers Roughtime, over real sockets. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ok } from '#contract/result.ts';
import { decodeResponse } from '#contract/roughtime/response.ts';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { verifyResponse } from '#contract/roughtime/verification.ts';
import { type MonoNanos, monoNanos, unixNanos } from '#contract/time.ts';
import { CLOCK_MONOTONIC_RAW, openClock } from '#native/clocks.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { openSlept } from '../../../ntp-gateway/io/clocks.ts';
import { loadOrCreateRoughtimeKey } from '../../../ntp-gateway/io/keys.ts';
import { type RoughtimeServer, serveRoughtime } from '../../../ntp-gateway/io/roughtime-server.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { policyOf } from '../../../ntp-gateway/protocol/policy.ts';
import { clockOf, readingOf } from '../../support/clock.ts';
import { freePort } from '../../support/free-port.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { askOverTcp, askOverUdp, requestOf } from '../../support/roughtime-client.ts';
import { NO_SERVER } from '../../support/server-config.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const LOOPBACK = { family: 4, words: [0x7f00_0001, 0, 0, 0], length: 32 } as const;
const raw = openClock(CLOCK_MONOTONIC_RAW) ?? process.hrtime.bigint;
const mono = (): MonoNanos => monoNanos(raw());

describe.skipIf(!openSlept())('the thread that answers Roughtime', () => {
  const opened: RoughtimeServer[] = [];
  let key: RoughtimeKey;
  beforeAll(async () => {
    key = await loadOrCreateRoughtimeKey(makeTempDir());
  });
  afterEach(() => {
    for (const { close } of opened.splice(0)) close();
  });

  /** Noon is when it starts. */
  const start = async (...hosts: readonly string[]) => {
    const port = await freePort();
    const lines = newLineMemory();
    const listen = (hosts.length > 0 ? hosts : ['127.0.0.1']).map((host) => ({ host, port }));
    const server = await serveRoughtime(listen, policyOf(NO_SERVER), key, lines);
    opened.push(server);
    const draw = (time = NOON): void => {
      const clock = clockOf(time, { at: mono(), reading: readingOf(time) });
      writeLine(lines, servedLine(clock, { now: clock.at, wall: NOON }, -20, 1));
    };
    const forget = (): void => writeLine(lines, servedLine(undefined, { now: mono(), wall: NOON }, -20, 1));
    draw();
    return { server, port, draw, forget };
  };
  const verify = (response: Uint8Array | undefined, request: Uint8Array<ArrayBuffer>) =>
    verifyResponse(Uint8Array.from(response ?? []), request, key.publicKey);

  it('tells the time over UDP, on each address', async () => {
    const { server, port } = await start('127.0.0.1', '::1');
    const request = await requestOf(key.publicKey);
    for (const host of ['127.0.0.1', '::1']) {
      const [response] = await askOverUdp(port, [request], host);
      expect(await verify(response, request)).toMatchObject({ ok: true, value: { radius: 3 } });
    }
    expect(server.counters()).toEqual({ received: 2, answered: 2 });
  });

  it('answers who comes together with one signature', async () => {
    const { port } = await start();
    const requests = await Promise.all(Array.from({ length: 40 }, (_, i) => requestOf(key.publicKey, i)));
    const responses = await askOverUdp(port, requests);
    expect(responses).toHaveLength(requests.length);
    const decoded = responses.map((response) => decodeResponse(response));
    const signatures = new Set(decoded.map((one) => one.ok && one.value.signature.join()));
    expect(signatures.size).toBeLessThan(requests.length);
    for (const [i, response] of responses.entries()) {
      const one = decoded[i]!;
      const request = requests[one.ok ? one.value.nonce[0]! : 0]!;
      expect(await verify(response, request)).toMatchObject({ ok: true });
    }
  });

  it('tells it over TCP: requests cut anywhere, one behind the other', async () => {
    const { port } = await start();
    const [first, second] = [await requestOf(key.publicKey, 1), await requestOf(key.publicKey, 2)];
    const stream = Buffer.concat([first, second]);
    const chunks = [
      stream.subarray(0, 5),
      stream.subarray(5, 1_000),
      stream.subarray(1_000, 1_100),
      stream.subarray(1_100),
    ];
    const { answer } = await askOverTcp(port, chunks, 2 * 420);
    const middle = 12 + new DataView(answer.buffer).getUint32(8, true);
    for (const [response, request] of [
      [answer.subarray(0, middle), first],
      [answer.subarray(middle), second],
    ] as const) {
      expect(await verify(response, request)).toMatchObject(ok({ radius: 3 }));
    }
  });

  it('is silent while it does not know the time', async () => {
    const { server, port, forget, draw } = await start();
    const request = await requestOf(key.publicKey);
    forget();
    expect(await askOverUdp(port, [request])).toEqual([]);
    draw();
    expect(await askOverUdp(port, [request])).toHaveLength(1);
    expect(server.counters()).toEqual({ received: 2, unsynchronized: 1, answered: 1 });
  });

  it.each([
    { name: 'an hour on, in the time of its key', hours: 1n },
    { name: 'an hour back, where another key has to sign', hours: -1n },
    { name: 'a day on, likewise', hours: 24n },
  ])('follows its clock: $name', async ({ hours }) => {
    const { port, draw } = await start();
    const request = await requestOf(key.publicKey);
    await askOverUdp(port, [request]);
    draw(unixNanos(NOON + hours * 3_600_000_000_000n));
    const told = await verify((await askOverUdp(port, [request]))[0], request);
    if (!told.ok) throw new Error(told.reason);
    const off = told.value.midpoint - NOON / 1_000_000_000n - hours * 3_600n;
    expect(off >= 0n && off < 10n).toBe(true);
  });

  it('says nothing to what is no request, nor to those who are denied', async () => {
    const { server, port } = await start();
    const request = await requestOf(key.publicKey);
    const bad = [
      Uint8Array.of(), // some libraries send this
      request.subarray(0, 500),
      new Uint8Array(1_036),
      await requestOf(new Uint8Array(32)),
    ];
    expect(await askOverUdp(port, [...bad, request])).toHaveLength(1);
    server.follow({ policy: policyOf({ ...NO_SERVER, deny: [LOOPBACK] }) });
    await waitFor('the next policy', async () => (await askOverTcp(port, [request], 420)).wasEnded);
    expect(await askOverUdp(port, [request])).toEqual([]);
    expect(server.counters()).toMatchObject({
      received: 5,
      answered: 1,
      'too-short': 2,
      malformed: 1,
      'other-server': 1,
    });
  });

  it('ends a connection on which it cannot tell where the next request begins', async () => {
    const { server, port } = await start();
    const { answer, wasEnded } = await askOverTcp(port, [Buffer.from('GET / HTTP/1.1\r\n\r\n')], 1);
    expect([answer.length, wasEnded]).toEqual([0, true]);
    const endless = Buffer.from('ROUGHTIM\xff\xff\xff\x7f', 'latin1');
    expect((await askOverTcp(port, [endless], 1)).wasEnded).toBe(true);
    expect(server.counters()).toEqual({ malformed: 1, 'too-long': 1 });
  });

  it('listens on all addresses or none', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const message = `cannot listen on 127.0.0.1:${port} for Roughtime: the port is in use by another program (ss -tulpn names it)`;
    const listen = [{ host: '127.0.0.1', port }];
    await expect(serveRoughtime(listen, policyOf(NO_SERVER), key, newLineMemory())).rejects.toThrow(
      new SetupError(message),
    );
    taken.close();
  });
});
