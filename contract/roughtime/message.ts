/**
 * Roughtime messages (RFC 10049 §4): number of pairs N | N − 1 offsets | N tags, ascending | N values. All integers are
 * uint32, least significant byte first; offsets count from the first value, whose own is not written.
 */
import { ok, type Result, refuse } from '../result.ts';
import type { Bytes } from '../web-platform.ts';
import { viewOf } from './integers.ts';

/** §12.3, ascending: four letters, the first in the least significant byte. */
export const TAG = {
  SIG: 0x00474953,
  VER: 0x00524556,
  SRV: 0x00565253,
  NONC: 0x434e4f4e,
  DELE: 0x454c4544,
  TYPE: 0x45505954,
  PATH: 0x48544150,
  RADI: 0x49444152,
  PUBK: 0x4b425550,
  MIDP: 0x5044494d,
  SREP: 0x50455253,
  VERS: 0x53524556,
  MINT: 0x544e494d,
  ROOT: 0x544f4f52,
  CERT: 0x54524543,
  MAXT: 0x5458414d,
  INDX: 0x58444e49,
  ZZZZ: 0x5a5a5a5a,
} as const;
export type Tag = keyof typeof TAG;
const TAGS = Object.keys(TAG) as readonly Tag[];

/** A message whose header has been checked; values are looked up where they lie. */
export type Message = { readonly bytes: Bytes; readonly words: DataView; readonly count: number };

/** @returns a view into `bytes`. Tags that are not known are no fault (§5.1, §7). */
export const decodeMessage = (bytes: Bytes): Result<Message, 'malformed'> => {
  if (bytes.length < 4) return refuse('malformed', 'header');
  const words = viewOf(bytes);
  const count = words.getUint32(0, true);
  const room = bytes.length - 8 * count;
  if (count === 0 || room < 0) return refuse('malformed', 'header');

  for (let i = 1, last = 0; i < count; i++) {
    const offset = words.getUint32(4 * i, true);
    if (offset % 4 !== 0 || offset < last || offset > room) return refuse('malformed', 'offsets');
    last = offset;
  }
  for (let i = 0, last = -1; i < count; i++) {
    const tag = words.getUint32(4 * (count + i), true);
    if (tag <= last) return refuse('malformed', 'tags');
    last = tag;
  }
  return ok({ bytes, words, count });
};

/** The value of a tag, as a view. */
export const findValue = ({ bytes, words, count }: Message, tag: Tag): Bytes | undefined => {
  for (let i = 0; i < count; i++) {
    if (words.getUint32(4 * (count + i), true) !== TAG[tag]) continue;
    const start = i === 0 ? 0 : words.getUint32(4 * i, true);
    const end = i + 1 === count ? bytes.length - 8 * count : words.getUint32(4 * (i + 1), true);
    return bytes.subarray(8 * count + start, 8 * count + end);
  }
  return undefined;
};

/** For values that have no one size. */
export const ANY_SIZE = -1;

/** @returns the values of all these tags, or `malformed` with the first that is missing or is not of its size in bytes. */
export const readValues = <Name extends Tag>(
  message: Message,
  sizes: Readonly<Record<Name, number>>,
): Result<Readonly<Record<Name, Bytes>>, 'malformed'> => {
  const values: Partial<Record<Tag, Bytes>> = {};
  for (const tag in sizes) {
    const value = findValue(message, tag);
    if (!value || (sizes[tag] !== ANY_SIZE && value.length !== sizes[tag])) return refuse('malformed', tag);
    values[tag] = value;
  }
  return ok(values as Record<Name, Bytes>);
};

export type Values = { readonly [Name in Tag]?: Uint8Array };

/**
 * @param before - room for so many bytes in front of the message.
 * @throws RangeError where a value is no multiple of four bytes long.
 */
export const encodeMessage = (values: Values, before = 0): Bytes => {
  const tags = TAGS.filter((tag) => values[tag]);
  let at = before + 8 * tags.length;
  const bytes = new Uint8Array(tags.reduce((size, tag) => size + values[tag]!.length, at));
  const words = new DataView(bytes.buffer, before);
  words.setUint32(0, tags.length, true);
  const first = at;
  for (const [i, tag] of tags.entries()) {
    const value = values[tag]!;
    if (value.length % 4 !== 0) throw new RangeError(`${tag}: ${value.length} bytes are no multiple of four`);
    if (i > 0) words.setUint32(4 * i, at - first, true);
    words.setUint32(4 * (tags.length + i), TAG[tag], true);
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
};
