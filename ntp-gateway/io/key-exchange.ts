/** The client's side of the NTS key exchange on `node:tls`: RFC 8915 §4. */
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { KeyServer } from '../ports.ts';
import type { KeyExchangeRefusal } from '../protocol/authentication.ts';
import { type Agreement, judgeAnswer, KEY_EXCHANGE_REQUEST } from '../protocol/key-exchange.ts';
import type { NtsSession } from '../protocol/nts-session.ts';
import { KEY_EXCHANGE_PROTOCOL } from '../wire/nts.ts';
import { decodeMessage, encodeRecords, MOST_OCTETS } from '../wire/nts-record.ts';
import type { Authorities } from './authorities.ts';
import { exportKeys } from './nts-keys.ts';
import { type Believed, judgeSafely } from './peer-certificate.ts';

export type Exchanged = Believed &
  Pick<Agreement, 'server' | 'port'> & {
    readonly session: NtsSession;
    /** Where the server left open by which context it exports its keys: what was taken for it. */
    readonly guess?: ExporterGuess;
  };

/** Whether it is the one of RFC 8915 §5.1; an older chronyd's, otherwise. */
export type ExporterGuess = { readonly isCompliant: boolean };

type Outcome<Value> = Result<Value, KeyExchangeRefusal>;

/** In ms: for the connection, and for all of it, as chrony has it. */
const PATIENCE = { connection: 8_000, exchange: 16_000 };

/** @param judge - the certificate. @param guess - should the server leave it open. */
export const exchangeKeysWith = (
  { name, address, nts }: KeyServer,
  { context }: Authorities,
  judge: (socket: TLSSocket) => Outcome<Believed>,
  guess: ExporterGuess = { isCompliant: false },
  patience: typeof PATIENCE = PATIENCE,
): Promise<Outcome<Exchanged>> =>
  new Promise((resolve) => {
    const socket = connect({
      host: address,
      port: nts.port,
      ...(isIP(name) === 0 && { servername: name.replace(/\.$/, '') }), // RFC 6066 §3: without the last dot
      secureContext: context,
      ALPNProtocols: [KEY_EXCHANGE_PROTOCOL],
      // `judge` looks at both, and sees all that is wrong and not only the last of it.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    /** What it means when the connection ends. */
    let stage: KeyExchangeRefusal = 'unreachable';
    let believed: Believed | undefined;
    const received = new Uint8Array(MOST_OCTETS);
    let size = 0;

    const end = (outcome: Outcome<Exchanged>): void => {
      clearTimeout(connecting);
      clearTimeout(waiting);
      if (outcome.ok) socket.destroySoon();
      else socket.destroy();
      resolve(outcome);
    };
    const connecting = setTimeout(() => end(refuse('unreachable', 'no connection in time')), patience.connection);
    const waiting = setTimeout(() => end(refuse('timeout', 'no complete answer')), patience.exchange);

    socket.once('connect', () => {
      clearTimeout(connecting);
      stage = 'tls';
    });
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol !== KEY_EXCHANGE_PROTOCOL) return end(refuse('alpn'));
      const judged = judgeSafely(socket, judge);
      if (!judged.ok) return end(judged);
      believed = judged.value;
      stage = 'malformed';
      socket.write(encodeRecords(KEY_EXCHANGE_REQUEST));
    });
    socket.on('data', (chunk: Buffer) => {
      if (!believed) return;
      if (size + chunk.length > MOST_OCTETS) return end(refuse('too-long'));
      received.set(chunk, size);
      size += chunk.length;
      const message = decodeMessage(received.subarray(0, size));
      if (!message) return;
      const agreed = message.ok ? judgeAnswer(message.value) : message;
      end(agreed.ok ? ok({ ...believed, ...sessionOf(agreed.value, socket, guess) }) : agreed);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => end(refuse(wordFor(error, stage), error.code)));
    socket.once('close', () => end(refuse(stage, 'the server ended the connection')));
  });

const wordFor = ({ code = '' }: NodeJS.ErrnoException, stage: KeyExchangeRefusal): KeyExchangeRefusal => {
  if (code.endsWith('NO_APPLICATION_PROTOCOL')) return 'alpn';
  return code.startsWith('ERR_SSL') ? 'tls' : stage;
};

const sessionOf = (
  { algorithm, isCompliant, cookies, server, port }: Agreement,
  socket: TLSSocket,
  guess: ExporterGuess,
): Pick<Exchanged, 'session' | 'guess' | 'server' | 'port'> => ({
  session: {
    algorithm,
    keys: exportKeys(socket, algorithm, isCompliant || guess.isCompliant),
    cookies: cookies.map((one) => one.slice()), // a view would keep all that was received
  },
  ...(!isCompliant && { guess }),
  ...(server !== undefined && { server }),
  ...(port !== undefined && { port }),
});
