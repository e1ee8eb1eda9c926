/** From which of our addresses a reply goes: the one that was asked, where a socket has them all. man 7 ip and ipv6. */
import { beginControl, CMSG_HEADER, findControl } from './control-messages.ts';
import type { MessageBlock } from './message-block.ts';
import { IP_PKTINFO, IPV6_PKTINFO, SOL_IP, SOL_IPV6 } from './socket-numbers.ts';

export type ReplySource = {
  /** Lays the control message out at `at`. @returns where the next one begins. */
  readonly begin: (at: number) => number;
  /** Writes into that of a reply, with which its control messages begin, what stands in those of a request. */
  readonly copy: (reply: number, request: number) => void;
};

/** struct in_pktinfo: interface, our address for it, the address in the header. in6_pktinfo: address, interface. */
const PKTINFO_SIZE = 12;
const PKTINFO6_SIZE = 20;

/** @param room - for the control messages of each datagram, in octets. */
export const replySourceOf = (
  isIPv6: boolean,
  incoming: MessageBlock,
  outgoing: MessageBlock,
  room: number,
): ReplySource => {
  const [level, type, size] = isIPv6 ? [SOL_IPV6, IPV6_PKTINFO, PKTINFO6_SIZE] : [SOL_IP, IP_PKTINFO, PKTINFO_SIZE];

  return {
    begin: (at) => beginControl(outgoing.controls, at, level, type, size),
    copy: (reply, request) => {
      const from = findControl(incoming, room, request, level, type, size);
      if (from < 0) return;
      const to = reply * room + CMSG_HEADER;
      if (!isIPv6) {
        outgoing.controls.setInt32(to + 4, incoming.controls.getInt32(from + 4));
        return;
      }
      for (let word = 0; word < 16; word += 4) {
        outgoing.controls.setInt32(to + word, incoming.controls.getInt32(from + word));
      }
      // fe80::/10 is another network on each interface; elsewhere the route back need not be the way it came.
      const isLinkLocal = (incoming.controls.getUint16(from) & 0xffc0) === 0xfe80;
      outgoing.controls.setInt32(to + 16, isLinkLocal ? incoming.controls.getInt32(from + 16) : 0);
    },
  };
};
