/**
 * UDP sockets that share a port, one for each thread that answers. Linux alone, through libc; man 7 socket, ip, ipv6, and
 * the kernel's documentation of timestamping.
 */
import koffi from 'koffi';
import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IPV6_RECVPKTINFO,
  SO_RCVBUF,
  SO_TIMESTAMPING,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
} from './socket-numbers.ts';
import { steerByClient } from './steering.ts';
import { openUdpSocket, socketAddress, type UdpSocket } from './udp-calls.ts';

export type ServerSocket = {
  readonly fd: number;
  readonly port: number;
  readonly isIPv6: boolean;
  /** It hears all addresses of this host, so each reply has to be told from which of them it goes. */
  readonly isAny: boolean;
};

const SO_REUSEPORT = 15;
const SO_RCVBUFFORCE = 33;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const PMTUDISC_PROBE = 3;
const IPV6_V6ONLY = 26;

/** In struct sockaddr_in6. */
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

/**
 * Binds `count` sockets to one port, between which the kernel distributes by the sender's address.
 *
 * @param host - an address written out. @param port - 0: one that is free.
 * @throws Error with `errno` where the system refuses: another program has the port, even one that would share it.
 */
export const openServerSockets = (host: string, port: number, count: number): readonly ServerSocket[] => {
  const isIPv6 = host.includes(':');
  const { octets, scope } = parseAddress(host, isIPv6);
  const isAny = octets.every((octet) => octet === 0) && scope === 0;
  const address = (at: number): Uint8Array => {
    const bytes = socketAddress(octets, at);
    if (scope !== 0) new DataView(bytes.buffer).setUint32(SCOPE_AT, scope, true);
    return bytes;
  };
  const sockets: UdpSocket[] = [];
  const open = (): UdpSocket => {
    const socket = openUdpSocket(isIPv6 ? AF_INET6 : AF_INET);
    sockets.push(socket);
    setOptions(socket, isIPv6, isAny);
    return socket;
  };
  try {
    const first = open();
    first.bind(address(port));
    const bound = first.port();
    // Only now: who asks for it before the bind shares the port with whoever asked for it too.
    if (count > 1) first.set(SOL_SOCKET, SO_REUSEPORT, 1);
    while (sockets.length < count) {
      const socket = open();
      socket.set(SOL_SOCKET, SO_REUSEPORT, 1);
      socket.bind(address(bound));
    }
    if (count > 1) steerByClient(first.fd, count, isIPv6);
    return sockets.map(({ fd }) => ({ fd, port: bound, isIPv6, isAny }));
  } catch (error) {
    for (const { close } of sockets) close();
    throw error;
  }
};

/** Once no thread is in a call on them any more. */
export const closeServerSockets = (sockets: readonly ServerSocket[]): void => {
  const close = koffi.load('libc.so.6').func('int close(int fd)');
  for (const { fd } of sockets) close(fd);
};

const setOptions = (socket: UdpSocket, isIPv6: boolean, isAny: boolean): void => {
  const level = isIPv6 ? SOL_IPV6 : SOL_IP;
  if (isIPv6) socket.set(level, IPV6_V6ONLY, 1);
  if (isAny) socket.set(level, isIPv6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
  // What may not be fragmented cannot be forged by its fragments, and the kernel need not make up an identification for it
  // (RFC 6864 §4.1). Unlike IP_PMTUDISC_DO it lets no ICMP message, which anyone can forge, make replies too large to send.
  socket.set(level, isIPv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, PMTUDISC_PROBE);
  socket.set(SOL_SOCKET, SO_TIMESTAMPING, RECEIVE_STAMPS);
  try {
    socket.set(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
  } catch {
    socket.set(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER); // without CAP_NET_ADMIN: up to the system's limit
  }
  socket.setPatience(PATIENCE_MS);
};

/** @param host - of IPv6, its interface behind a %. */
const parseAddress = (host: string, isIPv6: boolean): { readonly octets: Uint8Array; readonly scope: number } => {
  const libc = koffi.load('libc.so.6');
  const inetPton = libc.func('int inet_pton(int family, const char *text, void *address)');
  const ifNametoindex = libc.func('unsigned int if_nametoindex(const char *name)');
  const [text, scope] = host.split('%');
  const octets = new Uint8Array(isIPv6 ? 16 : 4);
  if (inetPton(isIPv6 ? AF_INET6 : AF_INET, text, octets) !== 1) throw new RangeError(`${host} is no address`);
  return { octets, scope: scope === undefined ? 0 : Number(scope) || ifNametoindex(scope) };
};
