/** The integers of RFC 10049 §4.1: unsigned, least significant byte first. */
import type { Bytes } from '../web-platform.ts';

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** One uint32 or a list of them. */
export const uint32 = (...numbers: readonly number[]): Bytes => {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = viewOf(bytes);
  for (const [i, number] of numbers.entries()) view.setUint32(4 * i, number, true);
  return bytes;
};

export const uint64 = (number: bigint): Bytes => {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, number, true);
  return bytes;
};

/** @param bytes - four of them, as the two below take eight and any multiple of four. */
export const readUint32 = (bytes: Uint8Array): number => viewOf(bytes).getUint32(0, true);

export const readUint64 = (bytes: Uint8Array): bigint => viewOf(bytes).getBigUint64(0, true);

export const readUint32s = (bytes: Uint8Array): number[] => {
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
};
