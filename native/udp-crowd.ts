/**
 * One socket that asks in the name of many addresses, for load, fuzz and floods: any of 127/8, or of an IPv6 prefix that is
 * routed to this host (`ip -6 route add local fd00:77::/64 dev lo`). Linux alone; man 7 ip IP_PKTINFO, man 7 ipv6.
 */
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
import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
  openUdpSocket,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  socketAddress,
} from './udp-calls.ts';

export type UdpCrowd = {
  /** What `send` takes and what `receive` fills: one datagram to each `size` octets. */
  readonly outgoing: DataView<ArrayBuffer>;
  readonly incoming: DataView<ArrayBuffer>;
  /** Whose the datagram at `index` is. @param address - the last 32 bits; those before are `network`'s. */
  readonly speakAs: (index: number, address: number) => void;
  /** How long the datagram at `index` is; `size` until it is said. */
  readonly cut: (index: number, length: number) => void;
  /** Sends `count` from `first` on. @returns how many the kernel took. */
  readonly send: (first: number, count: number) => number;
  /** @param wait - for a first one, until `patienceMs` are over. @returns how many came. */
  readonly receive: (wait: boolean) => number;
  readonly lengthOf: (index: number) => number;
  /** Whom the datagram received at `index` was sent to: the last 32 bits. */
  readonly heardAs: (index: number) => number;
  /** When the kernel got it: ns since 1970. */
  readonly heardAt: (index: number) => bigint;
  readonly close: () => void;
};

export type UdpCrowdOptions = {
  /** Whom to ask: 4 octets, or 16. */
  readonly server: Uint8Array;
  readonly port: number;
  /** The first 12 octets of all our IPv6 addresses. */
  readonly network?: Uint8Array;
  /** 0: any that is free. */
  readonly localPort?: number;
  readonly count: number;
  readonly size: number;
  /** How long `receive` waits, > 0. */
  readonly patienceMs: number;
  /** What `heardAs` and `heardAt` tell costs time: only where it is asked for. */
  readonly ancillary?: boolean;
};

const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_TIMESTAMPNS = 35;
/** As far as the system allows. */
const BUFFER = 4 << 20;
const IP_PKTINFO = 8;
const IPV6_RECVPKTINFO = 49;
const IPV6_PKTINFO = 50;
const IPV6_FREEBIND = 78;

/** struct cmsghdr: size_t length, int level, int type; what is in it is padded to 8 octets. */
const CMSG_DATA = 16;
/** In struct in_pktinfo the address to send from stands at 4, the one that was written to at 8; in6_pktinfo begins with it. */
const V4 = { family: AF_INET, level: SOL_IP, type: IP_PKTINFO, size: 12, from: 4, to: 8, ask: IP_PKTINFO };
const V6 = { family: AF_INET6, level: SOL_IPV6, type: IPV6_PKTINFO, size: 20, from: 12, to: 12, ask: IPV6_RECVPKTINFO };
const CONTROL = 40;
const ANCILLARY = 80;

/** @throws Error with `errno` where the system refuses. */
export const openUdpCrowd = (options: UdpCrowdOptions): UdpCrowd => {
  const { server, port, network, localPort = 0, count, size, patienceMs, ancillary = false } = options;
  const ip = server.length === 4 ? V4 : V6;
  const socket = openUdpSocket(ip.family);
  socket.setPatience(patienceMs);
  for (const buffer of [SO_SNDBUF, SO_RCVBUF]) socket.set(SOL_SOCKET, buffer, BUFFER);
  if (ip === V6) socket.set(SOL_IPV6, IPV6_FREEBIND, 1);
  if (ancillary) {
    socket.set(SOL_SOCKET, SO_TIMESTAMPNS, 1);
    socket.set(ip.level, ip.ask, 1);
  }
  socket.bind(socketAddress(new Uint8Array(server.length), localPort));

  const to = socketAddress(server, port);
  const outgoing = allocateMessages(count, { payload: size, name: 32, control: CONTROL });
  const incoming = allocateMessages(count, { payload: size, ...(ancillary && { control: ANCILLARY }) });
  for (let i = 0; i < count; i++) {
    for (const [at, octet] of to.entries()) outgoing.names.setUint8(i * 32 + at, octet);
    outgoing.headers[i * HEADER_WORDS + NAME_LENGTH] = to.length;
    outgoing.headers[i * HEADER_WORDS + CONTROL_LENGTH] = Math.ceil((CMSG_DATA + ip.size) / 8) * 8;
    const at = i * CONTROL;
    outgoing.controls.setInt32(at, CMSG_DATA + ip.size, true);
    outgoing.controls.setInt32(at + 8, ip.level, true);
    outgoing.controls.setInt32(at + 12, ip.type, true);
    for (const [j, octet] of (network ?? []).entries()) outgoing.controls.setUint8(at + CMSG_DATA + j, octet);
  }

  /** Where the content of a received control message of this level and type begins; throws where the kernel sent none. */
  const find = (index: number, level: number, type: number): number => {
    const { controls, headers } = incoming;
    const end = index * ANCILLARY + headers[index * HEADER_WORDS + CONTROL_LENGTH]!;
    for (let at = index * ANCILLARY; at < end; at += Math.ceil(controls.getInt32(at, true) / 8) * 8) {
      if (controls.getInt32(at + 8, true) === level && controls.getInt32(at + 12, true) === type) return at + CMSG_DATA;
    }
    throw new Error(`no control message ${level}/${type}`);
  };
  return {
    outgoing: outgoing.payloads,
    incoming: incoming.payloads,
    speakAs: (index, address) => outgoing.controls.setInt32(index * CONTROL + CMSG_DATA + ip.from, address),
    cut: (index, length) => {
      outgoing.iovecs[index * IOVEC_WORDS + IOVEC_LENGTH] = length;
    },
    send: (first, many) => socket.send(outgoing.pointer + BigInt(first * HEADER_SIZE), many, 0),
    receive: (wait) => {
      if (ancillary) for (let i = 0; i < count; i++) incoming.headers[i * HEADER_WORDS + CONTROL_LENGTH] = ANCILLARY;
      return socket.receive(incoming.pointer, count, wait ? MSG_WAITFORONE : MSG_DONTWAIT);
    },
    lengthOf: (index) => incoming.headers[index * HEADER_WORDS + LENGTH] ?? 0,
    heardAs: (index) => incoming.controls.getInt32(find(index, ip.level, ip.type) + ip.to),
    heardAt: (index) => {
      const at = find(index, SOL_SOCKET, SO_TIMESTAMPNS);
      return incoming.controls.getBigInt64(at, true) * 1_000_000_000n + incoming.controls.getBigInt64(at + 8, true);
    },
    close: socket.close,
  };
};
