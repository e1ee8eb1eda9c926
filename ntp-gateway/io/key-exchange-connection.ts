/** One connection to a key exchange server, RFC 8915 §4: TLS 1.3, a request, an answer. */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { refuse } from '#contract/result.ts';
import type { KeyExchangeWord } from '../protocol/key-exchange-counters.ts';
import { type Agreement, agreementRecords, judgeRequest, refusalRecords } from '../protocol/key-exchange-server.ts';
import { KEY_EXCHANGE_PROTOCOL } from '../wire/nts.ts';
import { decodeMessage, encodeRecords, type NtsRecord } from '../wire/nts-record.ts';
import type { Identity } from './certificate.ts';
import type { CookieMaker } from './cookie-maker.ts';
import { exportKeys } from './nts-keys.ts';

/** As it goes over the wire, RFC 7301 §3.1. */
const PROTOCOLS = Buffer.from(`\x07${KEY_EXCHANGE_PROTOCOL}`);
/** A request by the octet takes fewer. Each read is another look at all that has come. */
const MOST_READS = 1_024;

/** §3: nothing before TLS 1.3. Nobody resumes: a ticket could only tie a client's exchanges together. */
export const secureContextOf = ({ certificate, key }: Identity): SecureContext =>
  createSecureContext({
    cert: certificate,
    key,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    ecdhCurve: 'X25519:P-256:P-384',
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_TICKET,
  });

export type Answerer = {
  readonly make: CookieMaker['make'];
  /** Of our NTP server. */
  readonly port: number;
};

/**
 * @param became - told once what became of it, however it ends.
 * @returns what ends it at once.
 */
export const exchangeOn = (
  raw: Socket,
  secureContext: SecureContext,
  answerer: Answerer,
  became: (word: KeyExchangeWord) => void,
): ((word: KeyExchangeWord) => void) => {
  let [isSettled, reads] = [false, 0];
  let received: Uint8Array<ArrayBuffer> | undefined;
  const settle = (word: KeyExchangeWord): void => {
    if (!isSettled) became(word);
    isSettled = true;
  };
  const end = (word: KeyExchangeWord): void => {
    settle(word);
    raw.destroy();
  };
  // tls.Server makes them alike, but does not say which of the connections failed: hence two events that have no type.
  const socket = new TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: PROTOCOLS });
  socket.on('secure', () => socket.alpnProtocol === KEY_EXCHANGE_PROTOCOL || end('alpn'));
  socket.on('_tlsError', (error: NodeJS.ErrnoException) => end(wordOf(error)));
  socket.on('data', (chunk: Buffer<ArrayBuffer>) => {
    if (isSettled) return raw.destroy(); // one request, §4
    received = received ? Buffer.concat([received, chunk]) : chunk;
    const message = ++reads > MOST_READS ? LONG : decodeMessage(received);
    if (!message) return;
    const agreed = message.ok ? judgeRequest(message.value) : message;
    settle(agreed.ok ? 'exchanged' : agreed.reason);
    const records = agreed.ok ? agree(socket, agreed.value, answerer) : refusalRecords(agreed.reason);
    socket.end(encodeRecords(records));
  });
  raw.on('close', () => settle('gone'));
  return end;
};

const LONG = refuse('too-long');

/** §5.1: the client's two keys come out of the TLS session, and go into its cookies. */
const agree = (socket: TLSSocket, agreement: Agreement, { make, port }: Answerer): readonly NtsRecord[] => {
  const { algorithm, isCompliant } = agreement;
  const { c2s, s2c } = exportKeys(socket, algorithm, isCompliant);
  return agreementRecords(agreement, port, make(algorithm, c2s, s2c));
};

const wordOf = ({ code = '' }: NodeJS.ErrnoException): KeyExchangeWord => {
  if (code === 'ERR_SSL_NO_APPLICATION_PROTOCOL') return 'alpn';
  return code.startsWith('ERR_SSL_') ? 'tls' : 'gone';
};
