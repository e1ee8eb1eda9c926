/**
 * A UDP socket for `node:dgram` whose datagrams the kernel stamps, by its system clock: the event loop gets to them late, by
 * tens of µs and more. Linux alone, through libc; man 7 socket, man 2 recvmsg, the kernel's documentation of timestamping.
 */
import koffi from 'koffi';
import { findControl } from './control-messages.ts';
import { allocateMessages, CONTROL_LENGTH } from './message-block.ts';
import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  SO_TIMESTAMPING,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from './socket-numbers.ts';
import { systemError } from './system-error.ts';

/** Seconds since 1970, their low 32 bits; nanoseconds. */
export type Stamp = readonly [seconds: number, nanos: number];

export type StampedSockets = {
  /** A socket on a random port, to be closed by whoever takes it. @throws Error with `errno` where the system refuses. */
  readonly open: (isIPv6: boolean) => number;
  /** When the one datagram that this socket sent left; undefined where the kernel does not say, or has yet to. */
  readonly departure: (fd: number) => Stamp | undefined;
  /** When the datagram that was read last came in. */
  readonly arrival: (fd: number) => Stamp | undefined;
};

const SOCK_NONBLOCK = 0x800;
/** SOF_TIMESTAMPING_TX_SOFTWARE, _SOFTWARE, _OPT_TSONLY: when it leaves, and without the datagram. */
const AT_DEPARTURE = 2 | 16 | 2048;
const SIOCGSTAMPNS = 0x8907;
const TIMESPECS_SIZE = 48;
const CONTROL = 192;

/** Undefined where there is no such thing. */
export const openStampedSockets = (): StampedSockets | undefined => {
  if (process.platform !== 'linux') return undefined;
  try {
    return stampedSockets();
  } catch {
    return undefined; // another C library
  }
};

const stampedSockets = (): StampedSockets => {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const bind = libc.func('int bind(int fd, void *address, uint32_t length)');
  const setsockopt = libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)');
  const ioctl = libc.func('int ioctl(int fd, uint64_t request, void *argument)');
  const recvmsg = libc.func('int64_t recvmsg(int fd, void *message, int flags)');
  const close = libc.func('int close(int fd)');
  const message = allocateMessages(1, { payload: 8, control: CONTROL });
  const timespec = new Int32Array(4);

  const stampDepartures = (fd: number, flags: number): boolean =>
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, Int32Array.of(flags), 4) === 0;
  const arrival = (fd: number): Stamp | undefined =>
    ioctl(fd, SIOCGSTAMPNS, timespec) === 0 ? [timespec[0]!, timespec[2]!] : undefined;

  const openSocket = (family: number): number => {
    const fd: number = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw systemError('socket');
    arrival(fd); // there is none, but from now on arrivals are stamped
    return fd;
  };
  // As long as one socket wants stamps, the kernel takes them for all; with the first it begins some time later.
  openSocket(AF_INET);

  return {
    open: (isIPv6) => {
      const fd = openSocket(isIPv6 ? AF_INET6 : AF_INET);
      const anywhere = new Uint8Array(isIPv6 ? 28 : 16); // any address and port of the family
      new Uint16Array(anywhere.buffer)[0] = isIPv6 ? AF_INET6 : AF_INET;
      if (bind(fd, anywhere, anywhere.length) === 0 && stampDepartures(fd, AT_DEPARTURE)) return fd;
      const error = systemError('bind');
      close(fd);
      throw error;
    },
    departure: (fd) => {
      message.headers[CONTROL_LENGTH] = CONTROL;
      const isThere = recvmsg(fd, message.pointer, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0;
      // While departures are stamped, arrivals are told in another way than by `SIOCGSTAMPNS`.
      stampDepartures(fd, 0);
      const at = isThere ? findControl(message, CONTROL, 0, SOL_SOCKET, SO_TIMESTAMPING, TIMESPECS_SIZE) : -1;
      return at < 0 ? undefined : [message.controls.getInt32(at, true), message.controls.getInt32(at + 8, true)];
    },
    arrival,
  };
};
