/** What the kernel says beside a datagram, and is told beside one: struct cmsghdr of a 64-bit system; man 3 cmsg. */
import { CONTROL_LENGTH, HEADER_WORDS, type MessageBlock } from './message-block.ts';

/** Its length, which includes itself, a level and a type. */
export const CMSG_HEADER = 16;
const LEVEL = 8;
const TYPE = 12;
const LITTLE = true;

/** @returns where the data of that message begins in `controls`, or −1 where there is none of at least `size` octets. */
export const findControl = (
  { headers, controls }: MessageBlock,
  room: number,
  index: number,
  level: number,
  type: number,
  size: number,
): number => {
  const start = index * room;
  const end = start + headers[index * HEADER_WORDS + CONTROL_LENGTH]!;
  for (let at = start; at + CMSG_HEADER <= end; ) {
    const length = controls.getInt32(at, LITTLE);
    if (length < CMSG_HEADER || at + length > end) return -1;
    const isIt = controls.getInt32(at + LEVEL, LITTLE) === level && controls.getInt32(at + TYPE, LITTLE) === type;
    if (isIt && length >= CMSG_HEADER + size) return at + CMSG_HEADER;
    at += (length + 7) & ~7;
  }
  return -1;
};

/** @param size - of the data. @returns where the next control message begins. */
export const beginControl = (controls: DataView, at: number, level: number, type: number, size: number): number => {
  controls.setInt32(at, CMSG_HEADER + size, LITTLE);
  controls.setInt32(at + LEVEL, level, LITTLE);
  controls.setInt32(at + TYPE, type, LITTLE);
  return at + CMSG_HEADER + ((size + 7) & ~7);
};
