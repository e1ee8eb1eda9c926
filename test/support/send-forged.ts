/** UDP over IPv6 loopback from a source that is not ours, as root alone may send it. Through libc: Node has no raw sockets. */
import { userInfo } from 'node:os';
import ipaddr from 'ipaddr.js';
import koffi from 'koffi';
import { systemError } from '#native/system-error.ts';

const AF_INET6 = 10;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const IPPROTO_UDP = 17;
const IP_HEADER = 40;
const UDP_HEADER = 8;
const ADDRESS_SIZE = 28;

/** For `it.skipIf(!canForge)`. */
export const canForge = process.platform === 'linux' && userInfo().uid === 0;

/** RFC 1071, over whole 16-bit words. */
const checksum = (bytes: DataView): number => {
  let sum = 0;
  for (let at = 0; at < bytes.byteLength; at += 2) sum += bytes.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

/** @param payload - of even length. */
const packet = (source: string, sourcePort: number, port: number, payload: Uint8Array): Uint8Array => {
  const octets = new Uint8Array(IP_HEADER + UDP_HEADER + payload.length);
  const view = new DataView(octets.buffer);
  const udpLength = UDP_HEADER + payload.length;
  octets.set(ipaddr.parse(source).toByteArray(), 8);
  octets.set(ipaddr.parse('::1').toByteArray(), 24);
  view.setUint16(IP_HEADER, sourcePort);
  view.setUint16(IP_HEADER + 2, port);
  view.setUint16(IP_HEADER + 4, udpLength);
  octets.set(payload, IP_HEADER + UDP_HEADER);
  // RFC 8200 §8.1: over the addresses, the length, the protocol and all of UDP.
  view.setUint16(4, udpLength);
  view.setUint16(6, IPPROTO_UDP);
  view.setUint16(IP_HEADER + 6, checksum(new DataView(octets.buffer, 4)) || 0xffff);
  view.setUint32(0, 0x60000000);
  view.setUint16(6, (IPPROTO_UDP << 8) | 64);
  return octets;
};

export type Forger = { send(source: string, sourcePort: number, payload: Uint8Array): void; [Symbol.dispose](): void };

/** @param port - on ::1. */
export const openForger = (port: number): Forger => {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const close = libc.func('int close(int fd)');
  const sendto = libc.func(
    'intptr_t sendto(int fd, void *data, size_t size, int flags, void *address, uint32_t length)',
  );
  const fd = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
  if (fd < 0) throw systemError('socket');
  const to = new Uint8Array(ADDRESS_SIZE);
  to[0] = AF_INET6;
  to[8 + 15] = 1;
  return {
    send: (source, sourcePort, payload) => {
      const octets = packet(source, sourcePort, port, payload);
      if (Number(sendto(fd, octets, octets.length, 0, to, to.length)) < 0) throw systemError('sendto');
    },
    [Symbol.dispose]: () => void close(fd),
  };
};
