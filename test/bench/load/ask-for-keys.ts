/** A client's side of the NTS key exchange, RFC 8915 §4, that asks for one algorithm and checks no certificate. */
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from 'node:tls';
import type { AeadAlgorithm } from '../../../ntp-gateway/wire/nts.ts';
import { decodeMessage, type NtsRecord } from '../../../ntp-gateway/wire/nts-record.ts';
import { requestFor } from './key-exchange-request.ts';

const context = createSecureContext({ minVersion: 'TLSv1.3' });

/**
 * @param from - an address of this host, as whose client it asks.
 * @param read - is given the answer while the connection is there.
 */
export const askForKeys = <Value>(
  port: number,
  algorithm: AeadAlgorithm,
  from: string,
  read: (records: readonly NtsRecord[], socket: TLSSocket) => Value,
): Promise<Value> =>
  new Promise((resolve, reject) => {
    const options: ConnectionOptions & { readonly localAddress: string } = {
      host: '127.0.0.1',
      port,
      localAddress: from,
      secureContext: context,
      ALPNProtocols: ['ntske/1'],
      rejectUnauthorized: false,
    };
    const socket = connect(options);
    let received: Buffer = Buffer.alloc(0);
    socket.once('secureConnect', () => socket.write(requestFor(algorithm)));
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const message = decodeMessage(received);
      if (!message) return;
      if (message.ok) resolve(read(message.value, socket));
      else reject(new Error(`the answer is ${message.reason}`));
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended before the answer did')));
  });
