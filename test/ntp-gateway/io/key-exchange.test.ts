import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { ok } from '#contract/result.ts';
import { unixNanos } from '#contract/time.ts';
import { authoritiesIn } from '../../../ntp-gateway/io/authorities.ts';
import { type ExporterGuess, exchangeKeysWith } from '../../../ntp-gateway/io/key-exchange.ts';
import { KEY_EXCHANGE_REQUEST } from '../../../ntp-gateway/protocol/key-exchange.ts';
import { encodeRecords, type NtsRecord } from '../../../ntp-gateway/wire/nts-record.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import {
  GOOD_ANSWER,
  GOOD_RECORDS,
  type KeyServerOptions,
  startKeyServer,
  startTcpServer,
} from '../../support/key-server.ts';

const authorities = authoritiesIn(makeCertificate().ca);
const BELIEVED = { validity: { earliest: unixNanos(0n), latest: unixNanos(1n) }, isRelaxed: false };
const QUICK = { connection: 300, exchange: 300 };

const exchange = (
  port: number,
  patience = QUICK,
  judge: Parameters<typeof exchangeKeysWith>[2] = () => ok(BELIEVED),
  guess?: ExporterGuess,
) => {
  const server = { source: 's', name: 'localhost', address: '127.0.0.1', port: 123, nts: { port } };
  return exchangeKeysWith(server, authorities, judge, guess, patience);
};
const exchangeWith = async (options: KeyServerOptions, guess?: ExporterGuess) => {
  await using server = await startKeyServer(options);
  return await exchange(server.port, { connection: 5_000, exchange: 5_000 }, undefined, guess);
};
/** Sends the answer in pieces, each in a TLS record of its own. */
const inPieces =
  (bytes: Uint8Array, size: number) =>
  async (socket: TLSSocket): Promise<void> => {
    for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
      socket.write(bytes.subarray(at, at + size));
      await nextTurn();
    }
  };
const record = (type: number, body: readonly number[] = [], critical = false): NtsRecord => ({
  critical,
  type,
  body: Uint8Array.from(body),
});
/** RFC 8915 §5.1, by the server. @param context - in hex. */
const exportedBy = (socket: TLSSocket, size: number, context: string): Uint8Array =>
  new Uint8Array(socket.exportKeyingMaterial(size, 'EXPORTER-network-time-security', Buffer.from(context, 'hex')));

describe('a key exchange', () => {
  it('leaves both ends with the same keys, and us with the cookies', async () => {
    let theirs: { c2s: Uint8Array; s2c: Uint8Array } | undefined;
    let asked: Uint8Array | undefined;
    const exchanged = await exchangeWith({
      answer: (socket, request) => {
        asked = new Uint8Array(request);
        const key = (context: string): Uint8Array => exportedBy(socket, 32, context);
        theirs = { c2s: key('0000000f00'), s2c: key('0000000f01') };
        socket.write(GOOD_ANSWER);
      },
    });
    expect(asked).toEqual(encodeRecords(KEY_EXCHANGE_REQUEST));
    expect(exchanged).toMatchObject({ ok: true, value: { ...BELIEVED, session: { algorithm: 15, keys: theirs } } });
    expect(exchanged.ok && exchanged.value.session.cookies).toEqual(
      Array.from({ length: 8 }, (_, i) => new Uint8Array(100).fill(i + 1)),
    );
    const [cookie] = exchanged.ok ? exchanged.value.session.cookies : [];
    expect(cookie?.buffer.byteLength).toBe(100); // and not all that was received
  });

  it.each([
    { guess: undefined, context: '0000000f01', isCompliant: false },
    { guess: { isCompliant: false }, context: '0000000f01', isCompliant: false },
    { guess: { isCompliant: true }, context: '0000001e01', isCompliant: true },
  ])(
    'by GCM-SIV, with a server that leaves open its context, guesses $context',
    async ({ guess, context, isCompliant }) => {
      let theirs: Uint8Array | undefined;
      const answer = (socket: TLSSocket): void => {
        theirs = exportedBy(socket, 16, context);
        socket.write(encodeRecords([record(1, [0, 0], true), record(4, [0, 30]), ...GOOD_RECORDS.slice(2)]));
      };
      const exchanged = await exchangeWith({ answer }, guess);
      expect(exchanged).toMatchObject({
        ok: true,
        value: { session: { keys: { s2c: theirs } }, guess: { isCompliant } },
      });
    },
  );

  it('is asked for by the name in the configuration, without a last dot; an address is no name', async () => {
    const names: string[] = [];
    await using server = await startKeyServer({
      answer: (socket) => {
        names.push(`${socket.servername}`);
        socket.write(GOOD_ANSWER);
      },
    });
    for (const name of ['localhost', 'localhost.', '127.0.0.1']) {
      const asked = { source: 's', name, address: '127.0.0.1', port: 123, nts: { port: server.port } };
      await exchangeKeysWith(asked, authoritiesIn(makeCertificate().ca), () => ok(BELIEVED));
    }
    expect(names).toEqual(['localhost', 'localhost', 'false']);
  });

  it.each([1, 3, 7, 100, 1_000])('may come in pieces of %d octets', async (size) => {
    expect(await exchangeWith({ answer: inPieces(GOOD_ANSWER, size) })).toMatchObject({ ok: true });
  });

  it('is done when End of Message has come, whether or not the server hangs up', async () => {
    expect(await exchangeWith({ answer: (socket) => socket.end(GOOD_ANSWER) })).toMatchObject({ ok: true });
  });

  it('is ended by us as TLS ends, RFC 8446 §6.1', async () => {
    await using server = await startKeyServer({ answer: (socket) => socket.write(GOOD_ANSWER) });
    let last = 0;
    let ended = (): void => {};
    const ending = new Promise<void>((resolve) => (ended = resolve));
    await using relay = await startTcpServer((socket) => {
      const onwards = connect(server.port, '127.0.0.1').on('error', () => {});
      onwards.pipe(socket);
      socket.on('data', (chunk: Buffer) => (last = chunk.length)).on('end', ended);
      socket.pipe(onwards);
    });
    expect(await exchange(relay.port)).toMatchObject({ ok: true });
    await ending;
    expect(last).toBe(24); // a close_notify: head (5), alert (2), its type (1), tag (16)
  });

  it.each<{ name: string; word: string; detail?: string; options: KeyServerOptions }>([
    { name: 'does not speak ntske/1', word: 'alpn', options: { ALPNProtocols: ['http/1.1'], answer: () => {} } },
    { name: 'speaks no ALPN', word: 'alpn', options: { ALPNProtocols: [], answer: () => {} } },
    { name: 'has no more than TLS 1.2', word: 'tls', options: { maxVersion: 'TLSv1.2', answer: () => {} } },
    { name: 'hangs up', word: 'malformed', options: { answer: (socket) => socket.end() } },
    { name: 'resets', word: 'malformed', options: { answer: (socket) => socket.destroy() } },
    {
      name: 'hangs up in the middle',
      word: 'malformed',
      options: { answer: (socket) => socket.end(GOOD_ANSWER.subarray(0, 500)) },
    },
    {
      name: 'sends an empty message',
      word: 'protocol',
      options: { answer: (socket) => socket.write(encodeRecords([])) },
    },
    {
      name: 'sends 16 kB of cookies',
      word: 'too-long',
      options: { answer: inPieces(Buffer.concat(Array(160).fill(GOOD_ANSWER.subarray(12, 116))), 1_000) },
    },
    {
      name: 'sends without end',
      word: 'too-long',
      options: { answer: inPieces(new Uint8Array(1_000_000).fill(1), 16_000) },
    },
    {
      name: 'knows a critical record more',
      word: 'critical-record',
      options: { answer: (socket) => socket.write(encodeRecords([...GOOD_RECORDS, record(99, [], true)])) },
    },
    {
      name: 'has an error',
      word: 'error',
      detail: '1: a bad request',
      options: { answer: (socket) => socket.write(encodeRecords([record(2, [0, 1], true)])) },
    },
    {
      name: 'sends more behind its message',
      word: 'malformed',
      options: { answer: (socket) => socket.write(Buffer.concat([GOOD_ANSWER, GOOD_ANSWER])) },
    },
  ])('with a server that $name: $word', async ({ word, detail, options }) => {
    const exchanged = await exchangeWith(options);
    expect(exchanged).toMatchObject({ ok: false, reason: word, ...(detail !== undefined && { detail }) });
  });

  it('ends with its patience, however slowly the server goes on', async () => {
    await using mute = await startTcpServer(() => {});
    await using slow = await startKeyServer({
      answer: (socket) => {
        let at = 0;
        const drip = setInterval(() => socket.write(GOOD_ANSWER.subarray(at, ++at)), 10);
        socket.once('close', () => clearInterval(drip));
      },
    });
    expect(await exchange(mute.port)).toMatchObject({ ok: false, reason: 'timeout' });
    expect(await exchange(slow.port)).toMatchObject({ ok: false, reason: 'timeout' });
  });

  it('does not come about where nobody listens, or no TLS is spoken', async () => {
    await using rude = await startTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await using gone = await startTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await exchange(await freeTcpPort())).toEqual({ ok: false, reason: 'unreachable', detail: 'ECONNREFUSED' });
    expect(await exchange(rude.port)).toMatchObject({ ok: false, reason: 'tls' });
    expect(await exchange(gone.port)).toMatchObject({ ok: false, reason: 'tls' });
  });

  it('asks nothing of a server that is not believed, nor of one whose certificate makes Node throw', async () => {
    let asked = false;
    await using server = await startKeyServer({ answer: () => (asked = true) });
    const throws = () => {
      throw Object.assign(new Error('no such name'), { code: 'ERR_TLS_CERT_ALTNAME_FORMAT' });
    };
    const refuses = () => ({ ok: false, reason: 'certificate-name' }) as const;
    expect(await exchange(server.port, QUICK, refuses)).toEqual({ ok: false, reason: 'certificate-name' });
    expect(await exchange(server.port, QUICK, throws)).toEqual({
      ok: false,
      reason: 'certificate-untrusted',
      detail: 'ERR_TLS_CERT_ALTNAME_FORMAT',
    });
    expect(asked).toBe(false);
  });
});

it('an authority’s file is read for its certificates', () => {
  const { ca, key } = makeCertificate();
  expect(authoritiesIn(ca).certificates.map(({ subject }) => subject)).toEqual(['CN=noonmark authority']);
  expect(() => authoritiesIn(key)).toThrow('holds no certificates in PEM');
  expect(() => authoritiesIn(`${ca}.gone`)).toThrow('cannot read');
});
