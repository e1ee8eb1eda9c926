/** Roughtime packets (RFC 10049 §5): "ROUGHTIM" | uint32 length of the message | message. */
import { ok, type Result, refuse } from '../result.ts';
import type { Bytes } from '../web-platform.ts';
import { viewOf } from './integers.ts';
import { decodeMessage, encodeMessage, type Message, type Values } from './message.ts';

/** No packet that is read here is longer: a response with the longest path and 32 versions needs half of it. */
export const MAX_PACKET_BYTES = 4096;
const HEAD = 12;
const ROUG = 0x47554f52;
const HTIM = 0x4d495448;

export const encodePacket = (values: Values): Bytes => {
  const packet = encodeMessage(values, HEAD);
  const words = viewOf(packet);
  words.setUint32(0, ROUG, true);
  words.setUint32(4, HTIM, true);
  words.setUint32(8, packet.length - HEAD, true);
  return packet;
};

/** How many bytes the packet has that a stream goes on with (TCP, §5). */
export const packetSize = (stream: Uint8Array): Result<number, 'incomplete' | 'malformed' | 'too-long'> => {
  if (stream.length < HEAD) return refuse('incomplete', 'header');
  const words = viewOf(stream);
  if (words.getUint32(0, true) !== ROUG || words.getUint32(4, true) !== HTIM) return refuse('malformed', 'ROUGHTIM');
  const size = HEAD + words.getUint32(8, true);
  return size > MAX_PACKET_BYTES ? refuse('too-long') : ok(size);
};

export const decodePacket = (packet: Bytes): Result<Message, 'malformed' | 'too-long'> => {
  const size = packetSize(packet);
  if (!size.ok) return refuse(size.reason === 'incomplete' ? 'malformed' : size.reason, size.detail);
  return size.value === packet.length ? decodeMessage(packet.subarray(HEAD)) : refuse('malformed', 'length');
};
