/**
 * Roughtime over TCP (RFC 10049 §5): packets one after the other, as many as the client likes. No connection can keep
 * another out: where there are too many, the oldest makes room.
 */
import type { Socket } from 'node:net';
import { packetSize } from '#contract/roughtime/packet.ts';
import { count, type RoughtimeWord } from '../protocol/roughtime-counters.ts';
import type { RoughtimeAnswers } from './roughtime-answers.ts';

const MOST = 256;
/** Without a word. */
const IDLE_MS = 10_000;
/** Who asks and does not read what it is told. */
const MOST_UNREAD = 64 * 1024;

/** @param isAllowed - whether the address is to be answered. */
export const openRoughtimeConnections = (
  { take }: RoughtimeAnswers,
  counters: Float64Array,
  isAllowed: (socket: Socket) => boolean,
): ((socket: Socket) => void) => {
  const open = new Set<Socket>(); // the oldest first

  const end = (socket: Socket, word: RoughtimeWord): void => {
    count(counters, word);
    open.delete(socket);
    socket.destroy();
  };

  const reply = (socket: Socket, response: Uint8Array): void => {
    if (!socket.writable) count(counters, 'unsent');
    else if (socket.writableLength > MOST_UNREAD) end(socket, 'unsent');
    else socket.write(response);
  };

  return (socket) => {
    socket.on('error', () => {}); // it closes, too
    socket.once('close', () => open.delete(socket));
    if (!isAllowed(socket)) return end(socket, 'denied');
    if (open.size >= MOST) end([...open][0]!, 'too-many');
    open.add(socket);
    socket.setTimeout(IDLE_MS, () => end(socket, 'timeout'));

    let stream = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer<ArrayBuffer>) => {
      stream = stream.length > 0 ? Buffer.concat([stream, chunk]) : chunk;
      while (!socket.destroyed) {
        const size = packetSize(stream);
        if (!size.ok) {
          if (size.reason !== 'incomplete') end(socket, size.reason); // what comes behind it cannot be found
          return;
        }
        if (stream.length < size.value) return;
        take(Uint8Array.from(stream.subarray(0, size.value)), (response) => reply(socket, response));
        stream = stream.subarray(size.value);
      }
    });
  };
};
