/** Asks a Roughtime server over either transport. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { makeRequest, serverId } from '#contract/roughtime/request.ts';
import type { Bytes } from '#contract/web-platform.ts';

const PATIENCE_MS = 1_000;

export const requestOf = async (publicKey: Bytes, nonce = 1): Promise<Bytes> =>
  makeRequest(new Uint8Array(32).fill(nonce), await serverId(publicKey));

/** @returns the datagrams that came back: as many as were sent, or those that came in time. */
export const askOverUdp = async (
  port: number,
  packets: readonly Uint8Array[],
  host = '127.0.0.1',
): Promise<Bytes[]> => {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const answers: Bytes[] = [];
  const done = new Promise<void>((resolve) => {
    setTimeout(resolve, PATIENCE_MS);
    socket.on('message', (answer: Buffer<ArrayBuffer>) => {
      if (answers.push(Uint8Array.from(answer)) === packets.length) resolve();
    });
  });
  socket.connect(port, host);
  await once(socket, 'connect');
  for (const packet of packets) socket.send(packet);
  await done;
  socket.close();
  return answers;
};

/** @returns all that came back until `expected` bytes were there, the server ended it, or patience did. */
export const askOverTcp = async (
  port: number,
  chunks: readonly Uint8Array[],
  expected: number,
): Promise<{ readonly answer: Bytes; readonly wasEnded: boolean }> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const received: Buffer[] = [];
  let wasEnded = false;
  const done = new Promise<void>((resolve) => {
    setTimeout(resolve, PATIENCE_MS);
    socket.on('error', () => {});
    socket.on('close', () => {
      wasEnded = true;
      resolve();
    });
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      if (Buffer.concat(received).length >= expected) resolve();
    });
  });
  await once(socket, 'connect');
  for (const chunk of chunks) await new Promise((written) => socket.write(chunk, written));
  await done;
  socket.destroy();
  return { answer: Uint8Array.from(Buffer.concat(received)), wasEnded };
};
