/**
 * One socket that asks in the name of many addresses, for load, fuzz and floods: any of 127/8, or of an IPv6 prefix that is
 * routed to this host (`ip -6 route add local fd00:77::/32 dev lo`). Linux alone; man 7 ip IP_PKTINFO, man 7 ipv6.
 */
import { beginControl, CMSG_HEADER, findControl } from './control-messages.ts';
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
  IP_PKTINFO,
  IPV6_PKTINFO,
  IPV6_RECVPKTINFO,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
  SO_RCVBUF,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
} from './socket-numbers.ts';
import { openUdpSocket, socketAddress } from './udp-calls.ts';

export type UdpCrowd = {
  /** What `send` takes and what `receive` fills: one datagram to each `size` octets, in `outgoing` `inOne` of a sender in a row. */
  readonly outgoing: DataView<ArrayBuffer>;
  readonly incoming: DataView<ArrayBuffer>;
  /** Whose the datagram at `index` is: the IPv4 address, or the second 32 bits of `network`, so a /64 of its own. */
  readonly speakAs: (index: number, address: number) => void;
  /** How long the datagram at `index` is; `size` until it is said. */
  readonly cut: (index: number, length: number) => void;
  /** Sends `count` from `first` on. @returns how many the kernel took. */
  readonly send: (first: number, count: number) => number;
  /** @param wait - for a first one, until `patienceMs` are over. @returns how many came. */
  readonly receive: (wait: boolean) => number;
  readonly lengthOf: (index: number) => number;
  /** Whom the datagram received at `index` was sent to, in the same terms. */
  readonly heardAs: (index: number) => number;
  /** When the kernel got it: ns since 1970. */
  readonly heardAt: (index: number) => bigint;
  readonly close: () => void;
};

export type UdpCrowdOptions = {
  /** Whom to ask: 4 octets, or 16. */
  readonly server: Uint8Array;
  readonly port: number;
  /** What all our IPv6 addresses have in common, 16 octets. */
  readonly network?: Uint8Array;
  /** 0: any that is free. */
  readonly localPort?: number;
  readonly count: number;
  readonly size: number;
  /** How long `receive` waits, > 0. */
  readonly patienceMs: number;
  /** What `heardAs` and `heardAt` tell costs time: only where it is asked for. */
  readonly ancillary?: boolean;
  /** Datagrams of one sender that are sent as one and parted by the kernel (man 7 udp, UDP_SEGMENT): what costs the sender less. */
  readonly inOne?: number;
};

const SO_SNDBUF = 7;
const SO_TIMESTAMPNS = 35;
/** As far as the system allows. */
const BUFFER = 4 << 20;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const IPV6_FREEBIND = 78;

/** struct in_pktinfo: interface, address to send from, address that was written to; struct in6_pktinfo: address, interface. */
const V4 = { family: AF_INET, level: SOL_IP, type: IP_PKTINFO, size: 12, from: 4, to: 8, ask: IP_PKTINFO };
const V6 = { family: AF_INET6, level: SOL_IPV6, type: IPV6_PKTINFO, size: 20, from: 4, to: 4, ask: IPV6_RECVPKTINFO };
const TIMESPEC = 16;
/** Octets of room for a message's address and for its control messages. */
const [NAME, CONTROL, ANCILLARY] = [32, 40, 80];

/** @throws Error with `errno` where the system refuses. */
export const openUdpCrowd = (options: UdpCrowdOptions): UdpCrowd => {
  const {
    server,
    port,
    network = new Uint8Array(16),
    localPort = 0,
    count,
    size,
    patienceMs,
    ancillary = false,
    inOne = 1,
  } = options;
  const ip = server.length === 4 ? V4 : V6;
  const socket = openUdpSocket(ip.family);
  socket.setPatience(patienceMs);
  for (const buffer of [SO_SNDBUF, SO_RCVBUF]) socket.set(SOL_SOCKET, buffer, BUFFER);
  if (ip === V6) socket.set(SOL_IPV6, IPV6_FREEBIND, 1);
  if (ancillary) {
    socket.set(SOL_SOCKET, SO_TIMESTAMPNS, 1);
    socket.set(ip.level, ip.ask, 1);
  }
  if (inOne > 1) socket.set(SOL_UDP, UDP_SEGMENT, size);
  socket.bind(socketAddress(new Uint8Array(server.length), localPort));

  const to = socketAddress(server, port);
  const outgoing = allocateMessages(count, { payload: size * inOne, name: NAME, control: CONTROL });
  const incoming = allocateMessages(count, { payload: size, control: ANCILLARY });
  for (let i = 0; i < count; i++) {
    for (const [at, octet] of to.entries()) outgoing.names.setUint8(i * NAME + at, octet);
    outgoing.headers[i * HEADER_WORDS + NAME_LENGTH] = to.length;
    const end = beginControl(outgoing.controls, i * CONTROL, ip.level, ip.type, ip.size);
    outgoing.headers[i * HEADER_WORDS + CONTROL_LENGTH] = end - i * CONTROL;
    if (ip === V4) continue;
    for (const [at, octet] of network.entries()) outgoing.controls.setUint8(i * CONTROL + CMSG_HEADER + at, octet);
  }
  return {
    outgoing: outgoing.payloads,
    incoming: incoming.payloads,
    speakAs: (index, address) => outgoing.controls.setInt32(index * CONTROL + CMSG_HEADER + ip.from, address),
    cut: (index, length) => {
      outgoing.iovecs[index * IOVEC_WORDS + IOVEC_LENGTH] = length;
    },
    send: (first, many) => socket.send(outgoing.pointer + BigInt(first * HEADER_SIZE), many, 0),
    receive: (wait) => {
      for (let i = 0; i < count; i++) incoming.headers[i * HEADER_WORDS + CONTROL_LENGTH] = ANCILLARY;
      return socket.receive(incoming.pointer, count, wait ? MSG_WAITFORONE : MSG_DONTWAIT);
    },
    lengthOf: (index) => incoming.headers[index * HEADER_WORDS + LENGTH] ?? 0,
    heardAs: (index) =>
      incoming.controls.getInt32(findControl(incoming, ANCILLARY, index, ip.level, ip.type, ip.size) + ip.to),
    heardAt: (index) => {
      const at = findControl(incoming, ANCILLARY, index, SOL_SOCKET, SO_TIMESTAMPNS, TIMESPEC);
      return incoming.controls.getBigInt64(at, true) * 1_000_000_000n + incoming.controls.getBigInt64(at + 8, true);
    },
    close: socket.close,
  };
};
