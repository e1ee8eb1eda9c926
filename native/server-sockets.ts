/**
 * UDP sockets that share a port, one for each thread that answers. Linux alone, through libc; man 7 socket, ip, ipv6, and
 * the kernel's documentation of timestamping.
 */
import koffi from 'koffi';
import { IP_PKTINFO, SO_TIMESTAMPING, SOL_IP, SOL_IPV6, SOL_SOCKET } from './control-messages.ts';
import { steerByClient } from './steering.ts';
import { systemError } from './system-error.ts';

export type ServerSocket = {
  readonly fd: number;
  readonly port: number;
  readonly isIPv6: boolean;
  /** It hears all addresses of this host, so each reply has to be told from which of them it goes. */
  readonly isAny: boolean;
};

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;
const SO_RCVBUF = 8;
const SO_REUSEPORT = 15;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const PMTUDISC_PROBE = 3;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;

/** struct sockaddr_in; sockaddr_in6 has the flow where the former has the address. */
const PORT_AT = 2;
const ADDRESS_AT = 4;
const IPV6_AT = 8;
const SCOPE_AT = 24;

/** SOF_TIMESTAMPING_RX_SOFTWARE and _SOFTWARE: the kernel stamps what comes in, and reports that and what a reply asks for. */
const RECEIVE_STAMPS = 8 | 16;
/**
 * The kernel doubles it, and counts some 800 octets for a request: a flood of 500,000 a second takes 20 ms to fill it, which
 * a thread may be without a processor on a busy host. Whoever comes to a full one is dropped, known or not.
 */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** How long a thread stays in a call at the most, and so does not see that it is to stop. */
export const PATIENCE_MS = 100;

const libcCalls = () => {
  const libc = koffi.load('libc.so.6');
  return {
    ifNametoindex: libc.func('unsigned int if_nametoindex(const char *name)'),
    inetPton: libc.func('int inet_pton(int family, const char *text, void *address)'),
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    bind: libc.func('int bind(int fd, void *address, uint32_t length)'),
    getsockname: libc.func('int getsockname(int fd, void *address, void *length)'),
    setsockopt: libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)'),
    close: libc.func('int close(int fd)'),
  };
};
type Calls = ReturnType<typeof libcCalls>;

/**
 * Binds `count` sockets to one port, between which the kernel distributes by the sender's address.
 *
 * @param host - an address written out. @param port - 0: one that is free.
 * @throws Error with `errno` where the system refuses: another program has the port, even one that would share it.
 */
export const openServerSockets = (host: string, port: number, count: number): readonly ServerSocket[] => {
  const calls = libcCalls();
  const address = socketAddress(calls, host, port);
  const isIPv6 = host.includes(':');
  const isAny = address.subarray(ADDRESS_AT).every((octet) => octet === 0);
  const fds: number[] = [];
  const open = (): number => {
    const fd = openSocket(calls, isIPv6);
    fds.push(fd);
    setOptions(calls, fd, isIPv6, isAny);
    return fd;
  };
  try {
    const first = open();
    bindTo(calls, first, address);
    const bound = portOf(calls, first);
    new DataView(address.buffer).setUint16(PORT_AT, bound);
    // Only now: who asks for it before the bind shares the port with whoever asked for it too.
    if (count > 1) setOption(calls, first, SOL_SOCKET, SO_REUSEPORT, 1);
    while (fds.length < count) {
      const fd = open();
      setOption(calls, fd, SOL_SOCKET, SO_REUSEPORT, 1);
      bindTo(calls, fd, address);
    }
    if (count > 1) steerByClient(first, count, isIPv6);
    return fds.map((fd) => ({ fd, port: bound, isIPv6, isAny }));
  } catch (error) {
    for (const fd of fds) calls.close(fd);
    throw error;
  }
};

/** Once no thread is in a call on them any more. */
export const closeServerSockets = (sockets: readonly ServerSocket[]): void => {
  const { close } = libcCalls();
  for (const { fd } of sockets) close(fd);
};

const openSocket = ({ socket }: Calls, isIPv6: boolean): number => {
  const fd: number = socket(isIPv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError('socket');
  return fd;
};

const setOptions = (calls: Calls, fd: number, isIPv6: boolean, isAny: boolean): void => {
  if (isIPv6) setOption(calls, fd, SOL_IPV6, IPV6_V6ONLY, 1);
  if (isAny) setOption(calls, fd, isIPv6 ? SOL_IPV6 : SOL_IP, isIPv6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
  // What may not be fragmented cannot be forged by its fragments, and the kernel need not make up an identification for it
  // (RFC 6864 §4.1). Unlike IP_PMTUDISC_DO it lets no ICMP message, which anyone can forge, make replies too large to send.
  setOption(calls, fd, isIPv6 ? SOL_IPV6 : SOL_IP, isIPv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, PMTUDISC_PROBE);
  setOption(calls, fd, SOL_SOCKET, SO_TIMESTAMPING, RECEIVE_STAMPS);
  // Past the system's limit only with CAP_NET_ADMIN; without, up to it.
  const size = Int32Array.of(RECEIVE_BUFFER);
  if (calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0)
    calls.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4);
  const timeout = BigInt64Array.of(0n, BigInt(PATIENCE_MS * 1_000)); // struct timeval
  if (calls.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, 16) < 0) throw systemError('setsockopt');
};

const setOption = ({ setsockopt }: Calls, fd: number, level: number, option: number, value: number): void => {
  if (setsockopt(fd, level, option, Int32Array.of(value), 4) < 0) throw systemError('setsockopt');
};

const bindTo = ({ bind }: Calls, fd: number, address: Uint8Array): void => {
  if (bind(fd, address, address.length) < 0) throw systemError('bind');
};

/** struct sockaddr_in or sockaddr_in6. @param host - of IPv6, its interface behind a %. */
const socketAddress = ({ inetPton, ifNametoindex }: Calls, host: string, port: number): Uint8Array<ArrayBuffer> => {
  const isIPv6 = host.includes(':');
  const [text, scope] = host.split('%');
  const address = new Uint8Array(isIPv6 ? 28 : 16);
  const view = new DataView(address.buffer);
  view.setUint16(0, isIPv6 ? AF_INET6 : AF_INET, true);
  view.setUint16(PORT_AT, port);
  if (inetPton(isIPv6 ? AF_INET6 : AF_INET, text, address.subarray(isIPv6 ? IPV6_AT : ADDRESS_AT)) !== 1) {
    throw new RangeError(`${host} is no address`);
  }
  if (scope !== undefined) view.setUint32(SCOPE_AT, Number(scope) || ifNametoindex(scope), true);
  return address;
};

const portOf = ({ getsockname }: Calls, fd: number): number => {
  const address = new DataView(new ArrayBuffer(28));
  if (getsockname(fd, new Uint8Array(address.buffer), Int32Array.of(28)) < 0) throw systemError('getsockname');
  return address.getUint16(PORT_AT);
};
