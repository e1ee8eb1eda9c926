/** What libc does with UDP sockets that are used by the batch. Linux alone; man 7 udp, ip, ipv6. */
import koffi from 'koffi';
import { AF_INET, AF_INET6, EAGAIN, EINTR, ENOBUFS, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET } from './socket-numbers.ts';
import { systemError } from './system-error.ts';

const SO_RCVTIMEO = 20;
/** In struct sockaddr_in and sockaddr_in6, of which the latter is longer. */
const PORT_AT = 2;
const MOST_ADDRESS = 28;

export type UdpSocket = {
  readonly fd: number;
  readonly bind: (address: Uint8Array) => void;
  /** Of the address that it is bound to. */
  readonly port: () => number;
  readonly connect: (address: Uint8Array) => void;
  readonly set: (level: number, option: number, value: number) => void;
  /** How long a blocking `receive` waits, > 0. */
  readonly setPatience: (ms: number) => void;
  /** @param messages - the first struct mmsghdr. @returns how many the kernel took. */
  readonly send: (messages: bigint, count: number, flags: number) => number;
  /** @returns how many came; 0 where none did in time. */
  readonly receive: (messages: bigint, count: number, flags: number) => number;
  readonly close: () => void;
};

/** @throws Error with `errno` where the system refuses, here and in each of its calls. */
export const openUdpSocket = (family: number): UdpSocket => {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const bind = libc.func('int bind(int fd, void *address, uint32_t length)');
  const getsockname = libc.func('int getsockname(int fd, void *address, void *length)');
  const connect = libc.func('int connect(int fd, void *address, uint32_t length)');
  const setsockopt = libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)');
  const sendmmsg = libc.func('int sendmmsg(int fd, void *messages, uint32_t count, int flags)');
  const recvmmsg = libc.func('int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)');
  const close = libc.func('int close(int fd)');

  const good = (call: string, result: number): number => {
    if (result < 0) throw systemError(call);
    return result;
  };
  const orNone = (call: string, result: number): number =>
    result < 0 && [EAGAIN, EINTR, ENOBUFS].includes(koffi.errno()) ? 0 : good(call, result);

  const fd = good('socket', socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const set = (level: number, option: number, value: Int32Array | BigInt64Array): void => {
    good('setsockopt', setsockopt(fd, level, option, value, value.byteLength));
  };
  return {
    fd,
    bind: (address) => void good('bind', bind(fd, address, address.length)),
    port: () => {
      const address = new DataView(new ArrayBuffer(MOST_ADDRESS));
      good('getsockname', getsockname(fd, new Uint8Array(address.buffer), Int32Array.of(address.byteLength)));
      return address.getUint16(PORT_AT);
    },
    connect: (address) => void good('connect', connect(fd, address, address.length)),
    set: (level, option, value) => set(level, option, Int32Array.of(value)),
    setPatience: (ms) => {
      const micros = BigInt(Math.round(ms * 1_000));
      set(SOL_SOCKET, SO_RCVTIMEO, BigInt64Array.of(micros / 1_000_000n, micros % 1_000_000n));
    },
    send: (messages, count, flags) => orNone('sendmmsg', sendmmsg(fd, messages, count, flags)),
    receive: (messages, count, flags) => orNone('recvmmsg', recvmmsg(fd, messages, count, flags, null)),
    close: () => void close(fd),
  };
};

/** struct sockaddr_in or sockaddr_in6. @param address - 4 or 16 octets. */
export const socketAddress = (address: Uint8Array, port: number): Uint8Array<ArrayBuffer> => {
  const isV4 = address.length === 4;
  const bytes = new DataView(new ArrayBuffer(isV4 ? 16 : MOST_ADDRESS));
  bytes.setUint16(0, isV4 ? AF_INET : AF_INET6, true);
  bytes.setUint16(PORT_AT, port);
  const octets = new Uint8Array(bytes.buffer);
  octets.set(address, isV4 ? 4 : 8);
  return octets;
};
