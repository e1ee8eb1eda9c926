/** The versions spoken here, and the lists of versions in the tags VER and VERS (RFC 10049 §5.1.1, §5.2.5). */
import type { Bytes } from '../web-platform.ts';
import { readUint32s } from './integers.ts';

/** RFC 10049, and what drafts 12 to 19 of it called themselves. */
export const VERSION_1 = 1;
export const DRAFT = 0x8000000c;
export type Version = typeof VERSION_1 | typeof DRAFT;

/** Ascending, as they go over the wire. Which is the best first as well: the RFC before its drafts. */
export const VERSIONS: readonly Version[] = [VERSION_1, DRAFT];

/** The best version that is in every list. It is not the greatest number. */
export const bestVersion = (...lists: readonly (readonly number[])[]): Version | undefined =>
  VERSIONS.find((version) => lists.every((list) => list.includes(version)));

const MAX_VERSIONS = 32;

/** @returns undefined for anything but 1 to 32 numbers in ascending order, none of them twice. */
export const readVersions = (value: Bytes): number[] | undefined => {
  if (value.length === 0 || value.length % 4 !== 0 || value.length > 4 * MAX_VERSIONS) return undefined;
  const versions = readUint32s(value);
  return versions.every((version, i) => i === 0 || version > versions[i - 1]!) ? versions : undefined;
};
