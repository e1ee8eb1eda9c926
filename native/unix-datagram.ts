/** Datagrams over a Unix socket, which Node has none of. Linux alone, through libc; man 7 unix, man 2 recv. */
import { fchmodSync } from 'node:fs';
import koffi from 'koffi';
import { MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM } from './socket-numbers.ts';
import { systemError } from './system-error.ts';

export type UnixDatagrams = {
  /** The next datagram, as far as it fits into `most` octets and one more; undefined where none waits. */
  readonly receive: (most: number) => Uint8Array | undefined;
  /** Leaves the name in the file system. */
  readonly close: () => void;
};

const AF_UNIX = 1;
/** Octets of `sun_path`, with the zero at its end. */
const PATH_SIZE = 108;

/** Bound once: each binding takes memory, and a service manager is told once a second. */
let bound: ReturnType<typeof bindCalls> | undefined;
const bindCalls = () => {
  const libc = koffi.load('libc.so.6');
  return {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    close: libc.func('int close(int fd)'),
    bind: libc.func('int bind(int fd, void *address, uint32_t length)'),
    connect: libc.func('int connect(int fd, void *address, uint32_t length)'),
    recv: libc.func('intptr_t recv(int fd, void *buffer, size_t size, int flags)'),
    sendto: libc.func('intptr_t sendto(int fd, void *data, size_t size, int flags, void *to, uint32_t length)'),
  };
};

const open = () => {
  bound ??= bindCalls();
  const { socket, close, ...calls } = bound;
  const fd: number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError('socket');
  return { ...calls, fd, close: () => void close(fd) };
};

/** A path; or, behind a zero, a name that lies in no file system and ends where the address does. */
const addressOf = (path: string): Buffer => {
  const bytes = Buffer.from(path);
  if (bytes.length >= PATH_SIZE) throw new RangeError(`a socket's path has at most ${PATH_SIZE - 1} bytes`);
  const address = Buffer.alloc(2 + PATH_SIZE); // struct sockaddr_un
  address.writeUInt16LE(AF_UNIX);
  bytes.copy(address, 2);
  return path.startsWith('\0') ? address.subarray(0, 2 + bytes.length) : address;
};

/**
 * Binds a socket to a name that does not exist yet, with this mode from the first instant.
 * @throws Error with `errno` where the system refuses.
 */
export const bindUnixDatagrams = (path: string, mode: number): UnixDatagrams => {
  const address = addressOf(path);
  const { bind, recv, fd, close } = open();
  fchmodSync(fd, mode); // of a socket without a name: bind makes the file so
  if (bind(fd, address, address.length) < 0) {
    const error = systemError('bind');
    close();
    throw error;
  }
  return {
    receive: (most) => {
      const buffer = new Uint8Array(most + 1);
      const size = Number(recv(fd, buffer, buffer.length, MSG_DONTWAIT));
      return size < 0 ? undefined : buffer.subarray(0, size);
    },
    close,
  };
};

/**
 * To the socket of that name, whoever has bound it by now. Never waits.
 * @throws Error with `errno` where it is not taken: nobody listens, or the socket's queue is full.
 */
export const sendUnixDatagram = (path: string, datagram: Uint8Array): void => {
  const address = addressOf(path);
  const { sendto, fd, close } = open();
  const sent = Number(sendto(fd, datagram, datagram.length, MSG_DONTWAIT, address, address.length));
  const error = sent < 0 ? systemError('sendto') : undefined;
  close();
  if (error) throw error;
};

/** Whether a program listens there: the name alone may be left of one that was killed. */
export const hasUnixListener = (path: string): boolean => {
  const address = addressOf(path);
  const { connect, fd, close } = open();
  const connected = connect(fd, address, address.length) === 0;
  close();
  return connected;
};
