/** A TLS server that says what a test has it say: what no server of ours, and no good one, would. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { encodeRecords, type NtsRecord } from '../../ntp-gateway/wire/nts-record.ts';
import { makeCertificate, type TestCertificate } from './certificate.ts';

export type KeyServerOptions = TlsOptions & {
  readonly certificate?: TestCertificate;
  /** Once the request has come. */
  readonly answer: (socket: TLSSocket, request: Uint8Array) => void;
};

export type ScriptedServer = { readonly port: number; [Symbol.asyncDispose](): Promise<void> };

export const startKeyServer = async ({
  certificate = makeCertificate(),
  answer,
  ...options
}: KeyServerOptions): Promise<ScriptedServer> => {
  const pair = { cert: readFileSync(certificate.certificate), key: readFileSync(certificate.key) };
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ...pair, ALPNProtocols: ['ntske/1'], ...options }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // the client may be gone
    socket.once('data', (request: Buffer) => answer(socket, request));
  });
  server.on('tlsClientError', () => {});
  return listening(server, () => sockets);
};

/** One that speaks no TLS. */
export const startTcpServer = async (accept: (socket: Socket) => void): Promise<ScriptedServer> => {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    accept(socket);
  });
  return listening(server, () => sockets);
};

const listening = async (
  server: ReturnType<typeof createTcpServer>,
  open: () => Iterable<Socket>,
): Promise<ScriptedServer> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open()) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

const record = (type: number, body: readonly number[] | Uint8Array = [], critical = false): NtsRecord => ({
  critical,
  type,
  body: Uint8Array.from(body),
});

/** NTPv4 by AES-SIV-CMAC-256, with eight cookies, each of another octet. */
export const GOOD_RECORDS: readonly NtsRecord[] = [
  record(1, [0, 0], true),
  record(4, [0, 15]),
  ...Array.from({ length: 8 }, (_, i) => record(5, new Uint8Array(100).fill(i + 1))),
];
export const GOOD_ANSWER = encodeRecords(GOOD_RECORDS);
