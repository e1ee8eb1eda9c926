/** Datagrams by the batch: one system call for many of them. Linux alone, through libc; man 2 recvmmsg, sendmmsg. */
import koffi from 'koffi';

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

/** Of every Linux that Node has binaries for. */
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const MSG_WAITFORONE = 0x10000;
const EINTR = 4;
const EAGAIN = 11;

/** struct mmsghdr of a 64-bit system, in 8-octet words: the iovec's address, how many iovecs, the datagram's length. */
const HEADER_WORDS = 8;
const IOVEC_AT = 2;
const IOVECS_AT = 3;
const LENGTH_AT = 7;
/** struct iovec: address and size. */
const IOVEC_WORDS = 2;

/** `count` messages of up to `size` octets in one block, which is laid out once and lives as long as the process. */
const allocate = (count: number, size: number) => {
  const words = count * (HEADER_WORDS + IOVEC_WORDS);
  const total = words * 8 + count * size;
  const pointer = koffi.alloc('uint8_t', total);
  const base = koffi.address(pointer);
  const memory = koffi.view(pointer, total);
  const table = new BigUint64Array(memory, 0, words).fill(0n);
  for (let i = 0; i < count; i++) {
    const iovec = count * HEADER_WORDS + i * IOVEC_WORDS;
    table[i * HEADER_WORDS + IOVEC_AT] = base + BigInt(iovec * 8);
    table[i * HEADER_WORDS + IOVECS_AT] = 1n;
    table[iovec] = base + BigInt(words * 8 + i * size);
    table[iovec + 1] = BigInt(size);
  }
  return { pointer, bytes: new Uint8Array(memory, words * 8), lengths: new Uint32Array(memory, 0, words * 2) };
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
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const connect = libc.func('int connect(int fd, void *address, uint32_t length)');
  const setsockopt = libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)');
  const sendmmsg = libc.func('int sendmmsg(int fd, void *messages, uint32_t count, int flags)');
  const recvmmsg = libc.func('int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)');
  const closeSocket = libc.func('int close(int fd)');

  const good = (result: number): number => {
    if (result < 0) throw new Error(`UDP to port ${port}: errno ${koffi.errno()}`);
    return result;
  };
  const orNone = (result: number): number =>
    result < 0 && (koffi.errno() === EAGAIN || koffi.errno() === EINTR) ? 0 : good(result);

  const fd = good(socket(AF_INET, SOCK_DGRAM, 0));
  const address = new DataView(new ArrayBuffer(16)); // struct sockaddr_in
  address.setUint16(0, AF_INET, true);
  address.setUint16(2, port);
  address.setUint32(4, 0x7f000001);
  good(connect(fd, new Uint8Array(address.buffer), 16));
  const timeout = BigInt64Array.of(BigInt(Math.floor(patienceMs / 1_000)), BigInt((patienceMs % 1_000) * 1_000));
  good(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.byteLength));

  const outgoing = allocate(count, size);
  const incoming = allocate(count, size);
  return {
    outgoing: outgoing.bytes,
    incoming: incoming.bytes,
    send: (many) => orNone(sendmmsg(fd, outgoing.pointer, Math.min(many, count), 0)),
    receive: () => orNone(recvmmsg(fd, incoming.pointer, count, MSG_WAITFORONE, null)),
    lengthOf: (index) => incoming.lengths[(index * HEADER_WORDS + LENGTH_AT) * 2] ?? 0,
    close: () => void closeSocket(fd),
  };
};
