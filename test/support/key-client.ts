/** A client of a key exchange server that says what a test has it say, and hears what comes. */
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { makeCertificate } from './certificate.ts';

export type Said = {
  /** All that the server answered until the connection ended. */
  readonly answer: Uint8Array;
  /** How it ended, where not in good order. */
  readonly fault?: string;
};

export type TalkOptions = ConnectionOptions & {
  readonly port: number;
  readonly localAddress?: string;
  /** Each in a TLS record of its own. */
  readonly chunks?: readonly Uint8Array[];
  /** Once TLS stands, before anything is said. */
  readonly secured?: (socket: TLSSocket) => void;
};

let authority: Buffer | undefined;

/** Connects, says all, and listens until the server or a fault ends it. */
export const talk = ({ port, chunks = [], secured = () => {}, ...options }: TalkOptions): Promise<Said> =>
  new Promise((resolve) => {
    authority ??= readFileSync(makeCertificate().ca);
    const heard: Buffer[] = [];
    let fault: string | undefined;
    const socket = connect({ host: '127.0.0.1', port, ca: authority, ALPNProtocols: ['ntske/1'], ...options });
    socket.setNoDelay(true);
    socket.on('secureConnect', async () => {
      secured(socket);
      // Those that wait for one that is being written would be put together.
      for (const chunk of chunks) await new Promise((written) => socket.write(chunk, written));
    });
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      fault = code;
    });
    socket.on('close', () =>
      resolve({ answer: Uint8Array.from(Buffer.concat(heard)), ...(fault !== undefined && { fault }) }),
    );
  });
