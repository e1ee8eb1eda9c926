/** Datagrams by the batch: one system call for many of them. Linux alone, through libc; man 2 recvmmsg, sendmmsg. */
import { allocateMessages, HEADER_WORDS, LENGTH } from './message-block.ts';
import { AF_INET, MSG_WAITFORONE } from './socket-numbers.ts';
import { openUdpSocket, socketAddress } from './udp-calls.ts';

export type UdpBatch = {
  /** What `send` takes: one datagram to each `size` octets. */
  readonly outgoing: Uint8Array;
  /** What `receive` fills. An older datagram's end stays behind a shorter one. */
  readonly incoming: Uint8Array;
  /** Sends the first `count` of `outgoing`. @returns how many the kernel took. */
  readonly send: (count: number) => number;
  /**
   * Waits for a datagram and takes all that are there by then.
   * @returns how many; 0 where none came in time.
   */
  readonly receive: () => number;
  /** The length of the datagram received at `index`, as far as it fitted. */
  readonly lengthOf: (index: number) => number;
  readonly close: () => void;
};

export type UdpBatchOptions = {
  /** On 127.0.0.1. */
  readonly port: number;
  /** How many datagrams a batch holds, and how many octets each. */
  readonly count: number;
  readonly size: number;
  /** How long `receive` waits, > 0. */
  readonly patienceMs: number;
};

/** A socket that talks to one port alone. @throws Error where the system refuses, which is so on all but Linux. */
export const connectUdp = ({ port, count, size, patienceMs }: UdpBatchOptions): UdpBatch => {
  const socket = openUdpSocket(AF_INET);
  socket.connect(socketAddress(Uint8Array.of(127, 0, 0, 1), port));
  socket.setPatience(patienceMs);
  const outgoing = allocateMessages(count, { payload: size });
  const incoming = allocateMessages(count, { payload: size });
  const bytesOf = ({ buffer, byteOffset, byteLength }: DataView<ArrayBuffer>) =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return {
    outgoing: bytesOf(outgoing.payloads),
    incoming: bytesOf(incoming.payloads),
    send: (many) => socket.send(outgoing.pointer, Math.min(many, count), 0),
    receive: () => socket.receive(incoming.pointer, count, MSG_WAITFORONE),
    lengthOf: (index) => incoming.headers[index * HEADER_WORDS + LENGTH] ?? 0,
    close: socket.close,
  };
};
