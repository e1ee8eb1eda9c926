/**
 * When replies left: a socket's error queue gives back what was sent with a stamp wanted, headers and all, and says when
 * the driver took it. man 2 recvmsg (MSG_ERRQUEUE); the kernel's documentation of timestamping, §1.3, §2.1.
 */
import koffi from 'koffi';
import { findControl } from './control-messages.ts';
import { allocateMessages, CONTROL_LENGTH, HEADER_WORDS, LENGTH } from './message-block.ts';
import { MSG_DONTWAIT, MSG_ERRQUEUE, SO_TIMESTAMPING, SOL_IP, SOL_IPV6, SOL_SOCKET } from './socket-numbers.ts';

/** @param at - where the datagram is in `packets`, without headers. @param seconds - since 1970, low 32 bits, as int32. */
export type Departed = (packets: DataView, at: number, length: number, seconds: number, nanos: number) => void;

export type ErrorQueue = {
  /** Takes all that is there. @returns how many stamps that were. */
  readonly drain: (each: Departed) => number;
  readonly free: () => void;
};

const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
/** struct sock_extended_err: an errno, then by whom; ICMP errors have other origins. */
const EXTENDED_ERROR_SIZE = 16;
const ORIGIN_AT = 4;
const ENOMSG = 42;
const ORIGIN_TIMESTAMPING = 4;
const TIMESPECS_SIZE = 48;
const NANOS_AT = 8;

const COUNT = 16;
const CONTROL = 192;
const UDP_HEADER = 8;
/** The shortest way to the UDP header is a bare IPv4 header, the longest two VLAN tags and an IPv6 header with options. */
const LEAST_HEADERS = 20;
const MOST_HEADERS = 128;

/** @param payload - of the longest datagram, in octets. */
export const openErrorQueue = (fd: number, port: number, isIPv6: boolean, payload: number): ErrorQueue => {
  const libc = koffi.load('libc.so.6');
  const recvmmsg = libc.func('int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)');
  const room = MOST_HEADERS + payload;
  const block = allocateMessages(COUNT, { payload: room, control: CONTROL });
  const { pointer, headers, payloads, controls } = block;
  const [level, type] = isIPv6 ? [SOL_IPV6, IPV6_RECVERR] : [SOL_IP, IP_RECVERR];

  const isStamp = (index: number): boolean => {
    const at = findControl(block, CONTROL, index, level, type, EXTENDED_ERROR_SIZE);
    return (
      at >= 0 && controls.getInt32(at, true) === ENOMSG && controls.getUint8(at + ORIGIN_AT) === ORIGIN_TIMESTAMPING
    );
  };

  /** How long the headers below are depends on the device. UDP's own names our port and what is left of the packet. */
  const findPayload = (start: number, length: number): number => {
    const most = Math.min(length - UDP_HEADER, MOST_HEADERS);
    for (let at = LEAST_HEADERS; at <= most; at += 2) {
      if (payloads.getUint16(start + at) === port && payloads.getUint16(start + at + 4) === length - at) {
        return at + UDP_HEADER;
      }
    }
    return -1;
  };

  const take = (index: number, each: Departed): number => {
    const stamp = findControl(block, CONTROL, index, SOL_SOCKET, SO_TIMESTAMPING, TIMESPECS_SIZE);
    if (stamp < 0 || !isStamp(index)) return 0;
    const length = headers[index * HEADER_WORDS + LENGTH]!;
    const at = findPayload(index * room, length);
    if (at < 0) return 0;
    each(
      payloads,
      index * room + at,
      length - at,
      controls.getInt32(stamp, true),
      controls.getInt32(stamp + NANOS_AT, true),
    );
    return 1;
  };

  return {
    drain: (each) => {
      let [stamps, taken] = [0, COUNT];
      while (taken === COUNT) {
        taken = recvmmsg(fd, pointer, COUNT, MSG_ERRQUEUE | MSG_DONTWAIT, null);
        for (let i = 0; i < taken; i++) {
          stamps += take(i, each);
          headers[i * HEADER_WORDS + CONTROL_LENGTH] = CONTROL;
        }
      }
      return stamps;
    },
    free: () => koffi.free(pointer),
  };
};
