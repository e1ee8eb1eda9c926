/**
 * Requests in and replies out by the batch, over a socket of `server-sockets.ts`: one system call for many, and nothing
 * allocated for any. Linux alone, through libc; man 2 recvmmsg, man 7 ip and ipv6.
 */
import koffi from 'koffi';
import { beginControl, CMSG_HEADER, findControl } from './control-messages.ts';
import { type Departed, openErrorQueue } from './error-queue.ts';
import {
  allocateMessages,
  CONTROL_LENGTH,
  HEADER_SIZE,
  HEADER_WORDS,
  IOVEC_LENGTH,
  IOVEC_WORDS,
  LENGTH,
  NAME_LENGTH,
} from './message-block.ts';
import { replySourceOf } from './reply-source.ts';
import type { ServerSocket } from './server-sockets.ts';
import { EAGAIN, EINTR, ENOBUFS, MSG_DONTWAIT, MSG_WAITFORONE, SO_TIMESTAMPING, SOL_SOCKET } from './socket-numbers.ts';
import { systemError } from './system-error.ts';

export type UdpServer = {
  /** The datagram of an index begins at its multiple of `SLOT`; an older one's end stays behind a shorter one. */
  readonly requests: DataView;
  readonly replies: DataView;
  /** Takes all that are there; waits for one first, up to the socket's patience. @returns how many; 0: none came. */
  readonly receive: (isToWait: boolean) => number;
  /** Whether more waits than is soon received, or than half of the room holds: the kernel may drop what comes. */
  readonly isBehind: () => boolean;
  /** `SLOT` where the datagram was longer. */
  readonly lengthOf: (index: number) => number;
  /** Writes [4 or 6, the address in 32-bit words of the network's order (IPv4: one), port]. */
  readonly readSender: (index: number, sender: Int32Array) => void;
  /**
   * Writes when the kernel received it: [seconds since 1970, low 32 bits; nanoseconds].
   * @returns whether it says so: not of what came right after the socket was opened.
   */
  readonly readStamp: (index: number, stamp: Int32Array) => boolean;
  /** Makes the reply of an index ready: to whom that request came from, from the address that it was sent to. */
  readonly address: (reply: number, request: number, length: number, wantsStamp: boolean) => void;
  /** Sends the first `count` replies, and never waits. @returns how many the kernel took: others are not held up. */
  readonly send: (count: number) => number;
  /** Sends nothing: what `send` runs through is in the processor's caches then. */
  readonly warm: () => void;
  /** Takes the stamps of replies that left, where any are outstanding. */
  readonly readDepartures: (each: Departed) => void;
  /** The memory alone, not the socket. Nothing here may be used afterwards. */
  readonly free: () => void;
};

/** Octets for a datagram; one of this length or longer is longer than any that is answered. */
export const SLOT = 2304;

const SO_MEMINFO = 55;
/** Octets that wait, from where on a server is behind: some 5 ms of the most that a thread can answer. */
const BACKLOG = 1024 * 1024;
const NAME = 32;
const CONTROL = 128;
/** struct sockaddr_in: port, address. sockaddr_in6: the address behind the flow's word. */
const PORT_AT = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;
const STAMPING_SIZE = 4;
/** SOF_TIMESTAMPING_TX_SOFTWARE: as the driver takes it. */
const AT_DEPARTURE = 2;

/** RFC 4291 §2.5.5.2, ::ffff:a.b.c.d: no socket of ours gets IPv4 so, but a forged source may say it. */
const isMapped = (names: DataView, at: number): boolean =>
  names.getInt32(at + IPV6_AT) === 0 &&
  names.getInt32(at + IPV6_AT + 4) === 0 &&
  names.getInt32(at + IPV6_AT + 8) === 0xffff;

/** @param count - datagrams to a batch. */
export const openUdpServer = ({ fd, port, isIPv6, isAny }: ServerSocket, count: number): UdpServer => {
  const libc = koffi.load('libc.so.6');
  const recvmmsg = libc.func('int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)');
  const getsockopt = libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)');
  const sendmmsg = libc.func('int sendmmsg(int fd, void *messages, uint32_t count, int flags)');

  const incoming = allocateMessages(count, { payload: SLOT, name: NAME, control: CONTROL });
  const outgoing = allocateMessages(count, { payload: SLOT, control: CONTROL });
  const errors = openErrorQueue(fd, port, isIPv6, SLOT);
  /** What `sendmmsg` takes to begin with the reply of an index. */
  const startAt = Array.from({ length: count }, (_, i) => outgoing.pointer + BigInt(i * HEADER_SIZE));
  const source = replySourceOf(isIPv6, incoming, outgoing, CONTROL);

  let [unstamped, stamped] = [0, 0];
  for (let i = 0; i < count; i++) {
    unstamped = i * CONTROL;
    if (isAny) unstamped = source.begin(unstamped);
    stamped = beginControl(outgoing.controls, unstamped, SOL_SOCKET, SO_TIMESTAMPING, STAMPING_SIZE);
    outgoing.controls.setInt32(unstamped + CMSG_HEADER, AT_DEPARTURE, true);
    [unstamped, stamped] = [unstamped - i * CONTROL, stamped - i * CONTROL];
  }

  /** Octets that wait to be received, the room for them, and more that is of no interest here; linux/sock_diag.h. */
  const memory = new Uint32Array(9);
  const memoryLength = new Uint32Array(1);

  let received = 0;
  /** Stamps asked for that may yet come. */
  let outstanding = 0;

  return {
    requests: incoming.payloads,
    replies: outgoing.payloads,
    receive: (isToWait) => {
      for (let i = 0; i < received; i++) {
        incoming.headers[i * HEADER_WORDS + NAME_LENGTH] = NAME;
        incoming.headers[i * HEADER_WORDS + CONTROL_LENGTH] = CONTROL;
      }
      received = recvmmsg(fd, incoming.pointer, count, isToWait ? MSG_WAITFORONE : MSG_DONTWAIT, null);
      if (received < 0) {
        received = 0;
        if (koffi.errno() !== EAGAIN && koffi.errno() !== EINTR) throw systemError('recvmmsg');
      }
      return received;
    },
    isBehind: () => {
      memoryLength[0] = memory.byteLength;
      return (
        getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, memoryLength) === 0 &&
        memory[0]! > Math.min(memory[1]! / 2, BACKLOG)
      );
    },
    lengthOf: (index) => incoming.headers[index * HEADER_WORDS + LENGTH]!,
    readSender: (index, sender) => {
      const { names } = incoming;
      const at = index * NAME;
      sender[5] = names.getUint16(at + PORT_AT);
      if (!isIPv6 || isMapped(names, at)) {
        sender[0] = 4;
        sender[1] = names.getInt32(at + (isIPv6 ? IPV6_AT + 12 : IPV4_AT));
        return;
      }
      sender[0] = 6;
      for (let word = 0; word < 4; word++) sender[1 + word] = names.getInt32(at + IPV6_AT + word * 4);
    },
    readStamp: (index, stamp) => {
      const at = findControl(incoming, CONTROL, index, SOL_SOCKET, SO_TIMESTAMPING, 16);
      if (at < 0) return false;
      stamp[0] = incoming.controls.getInt32(at, true);
      stamp[1] = incoming.controls.getInt32(at + 8, true);
      return true;
    },
    address: (reply, request, length, wantsStamp) => {
      const [to, from] = [reply * HEADER_WORDS, request * HEADER_WORDS];
      // The sender's address stays where it was received: the first two words point there.
      outgoing.headers[to] = incoming.headers[from]!;
      outgoing.headers[to + 1] = incoming.headers[from + 1]!;
      outgoing.headers[to + NAME_LENGTH] = incoming.headers[from + NAME_LENGTH]!;
      if (isAny) source.copy(reply, request);
      outgoing.headers[to + CONTROL_LENGTH] = wantsStamp ? stamped : unstamped;
      outgoing.iovecs[reply * IOVEC_WORDS + IOVEC_LENGTH] = length;
      if (wantsStamp) outstanding++;
    },
    send: (many) => {
      let sent = 0;
      for (let next = 0; next < many; ) {
        const taken = sendmmsg(fd, startAt[next], many - next, MSG_DONTWAIT);
        if (taken > 0) {
          sent += taken;
          next += taken;
        } else if (koffi.errno() === EAGAIN || koffi.errno() === ENOBUFS) {
          return sent;
        } else if (koffi.errno() !== EINTR) {
          next++; // refused for itself: a firewall, no route, port 0
        }
      }
      return sent;
    },
    warm: () => {
      sendmmsg(fd, startAt[0], 0, MSG_DONTWAIT);
    },
    readDepartures: (each) => {
      // Where nothing came in, too: a late stamp that stays makes `poll` return at once, and takes room.
      if (outstanding === 0 && received > 0) return;
      const found = errors.drain(each);
      // Those of refused replies, and of devices that stamp none, are soon given up.
      outstanding = found > 0 ? Math.max(0, outstanding - found) : outstanding >> 1;
    },
    free: () => {
      koffi.free(incoming.pointer);
      koffi.free(outgoing.pointer);
      errors.free();
    },
  };
};
