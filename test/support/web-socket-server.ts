/** A WebSocket server (RFC 6455) that says what a test has it say: texts of up to 64 KiB, one frame each. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** Of the handshake, §1.3. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [TEXT, BINARY, CLOSE] = [1, 2, 8];

const frame = (opcode: number, payload: Buffer): Buffer => {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), payload]);
};

export type Peer = {
  readonly say: (text: string) => void;
  readonly sayBytes: (bytes: Buffer) => void;
  readonly close: (code: number) => void;
};

/** What a client asks is short: one masked frame with the length in its second octet. */
const readText = (bytes: Buffer): string | undefined => {
  const mask = bytes.subarray(2, 6);
  const length = (bytes[1] ?? 0) & 0x7f;
  if (((bytes[0] ?? 0) & 0x0f) !== TEXT) return undefined;
  return Buffer.from(bytes.subarray(6, 6 + length).map((octet, i) => octet ^ (mask[i % 4] ?? 0))).toString();
};

export const startWebSocketServer = async (answer: (text: string, peer: Peer) => void) => {
  const sockets = new Set<Duplex>();
  let connections = 0;
  const server = createServer((_request, response) => response.writeHead(426).end());
  server.on('upgrade', (request, socket) => {
    connections++;
    sockets.add(socket);
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${MAGIC}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const peer: Peer = {
      say: (text) => socket.write(frame(TEXT, Buffer.from(text))),
      sayBytes: (bytes) => socket.write(frame(BINARY, bytes)),
      close: (code) => socket.end(frame(CLOSE, Buffer.from([code >> 8, code & 0xff]))),
    };
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      const text = readText(bytes);
      if (text === undefined) return void socket.end();
      answer(text, peer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
