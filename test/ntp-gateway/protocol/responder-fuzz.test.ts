/** Datagrams by the thousand that nearly are authenticated requests, with good ones among them. */
import { expect, it } from 'vitest';
import { unixNanos } from '#contract/time.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { AES_128_GCM_SIV, AES_SIV_CMAC_256 } from '../../../ntp-gateway/wire/nts.ts';
import { LONGEST, mutationsBy } from '../../bench/load/mutations.ts';
import { makeAnswering } from '../../support/answering.ts';
import { clockOf, DRAWN } from '../../support/clock.ts';
import { randomFrom } from '../../support/dice.ts';
import { hex } from '../../support/hex.ts';
import { digestByNode } from '../../support/node-cryptography.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { concat, cookieOf, ntsRequest, openNtsReply, sessionOf } from '../../support/nts-asking.ts';
import { NO_SERVER } from '../../support/server-config.ts';

const COUNT = 60_000;
const COOKIE_KEY = { id: 5, key: new Uint8Array(32).fill(9) };
const SYMMETRIC = { id: 7, algorithm: 'aes-128-cmac', secret: new Uint8Array(16).fill(1) } as const;
const sessions = [sessionOf(AES_SIV_CMAC_256), sessionOf(AES_128_GCM_SIV)];
const header = hex(`23 00 06 20 ${'00'.repeat(36)} f1e2d3c4b5a69788`);
const sign = (bytes: Uint8Array) =>
  concat(bytes, hex('0000 0007'), digestByNode('aes-128-cmac', SYMMETRIC.secret, bytes));

const sealed = sessions.flatMap((session) =>
  [0, 1, 7].map((placeholders) => ntsRequest(session, cookieOf(session, COOKIE_KEY), { placeholders })),
);
const signed = [sign(header), sign(hex(`1b${'00'.repeat(39)} f1e2d3c4b5a69788`))];
const beginsWith = (bytes: Uint8Array, start: Uint8Array) =>
  Buffer.compare(bytes.subarray(0, start.length), start) === 0;

it('are answered by who is asked so, and by nothing that authenticates itself otherwise', () => {
  const lines = newLineMemory();
  writeLine(lines, servedLine(clockOf(NOON), { now: DRAWN, wall: unixNanos(NOON) }, -25, 1));
  const keys = { symmetric: [SYMMETRIC], cookies: [COOKIE_KEY] };
  const { ask, server } = makeAnswering(lines, NO_SERVER, keys);
  const { mutation } = mutationsBy(randomFrom(1, 'authentication'), [...sealed, ...signed]);
  const memory = new DataView(new ArrayBuffer(2 * LONGEST));

  /** What a reply is, by its octets: who reads them takes those of a good MAC or a good seal for the server's. */
  const kindOf = (
    request: Uint8Array,
    reply: Uint8Array,
  ): 'long' | 'signed' | 'sealed' | 'NTSN' | 'plain' | 'other' => {
    if (reply.length > request.length) return 'long';
    if (reply.length === 48) return 'plain';
    if (Buffer.compare(reply, sign(reply.subarray(0, 48))) === 0) return 'signed';
    if (sessions.some((session) => isSealed(session, reply))) return 'sealed';
    const isIdentifier =
      reply.length > 48 &&
      reply[48] === 0x01 &&
      reply[49] === 0x04 &&
      (reply[50]! << 8) + reply[51]! === reply.length - 48;
    if (!isIdentifier) return 'other';
    return Buffer.from(reply.buffer, reply.byteOffset + 12, 4).toString() === 'NTSN' ? 'NTSN' : 'plain';
  };

  const counts = { none: 0, plain: 0, NTSN: 0, sealed: 0, signed: 0 };
  const wrong: string[] = [];
  for (let i = 0; i < COUNT; i++) {
    const request = new Uint8Array(memory.buffer, 0, mutation(memory, 0));
    const reply = ask(request, DRAWN);
    const kind = reply ? kindOf(request, reply) : 'none';
    const isGood =
      (kind !== 'sealed' || sealed.some((good) => beginsWith(request, good))) &&
      (kind !== 'signed' || signed.some((good) => Buffer.compare(request, good) === 0));
    if (kind === 'long' || kind === 'other' || !isGood) wrong.push(`${kind}: ${Buffer.from(request).toString('hex')}`);
    else counts[kind]++;
  }
  expect(wrong).toEqual([]);

  const { served, authenticated, kissed, dropped } = server.counters();
  const { nak = 0, 'bad-authenticator': badAuthenticator = 0 } = dropped;
  expect({ served, authenticated, kissed, naks: nak + badAuthenticator }).toEqual({
    served: counts.plain + counts.sealed + counts.signed,
    authenticated: counts.sealed + counts.signed,
    kissed: 0,
    naks: counts.NTSN,
  });
  expect(served + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(COUNT);
  for (const word of ['bad-mac', 'malformed-nts', 'nak', 'bad-authenticator', 'unknown-key']) {
    expect([word, dropped[word]! > COUNT / 2_000]).toEqual([word, true]);
  }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(COUNT / 200);
});

const isSealed = (session: (typeof sessions)[0], reply: Uint8Array): boolean => {
  try {
    openNtsReply(session, reply);
    return true;
  } catch {
    return false;
  }
};
