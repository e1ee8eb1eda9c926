/** What follows the 48 octets of the header: extension fields, then perhaps a MAC. RFC 7822 §7.5.1 says which is which. */
import { ok, type Result, refuse } from '#contract/result.ts';
import {
  decodeExtensionField,
  type ExtensionField,
  encodeExtensionField,
  extensionFieldSize,
  fieldSizeAt,
} from './extension-field.ts';
import { decodeMac, encodeMac, isMacAt, MAX_V4_MAC_SIZE, type Mac } from './mac.ts';

export type Trailer = { readonly extensions: readonly ExtensionField[]; readonly mac?: Mac };

export type TrailerRefusal = 'too-long' | 'malformed-extension' | 'malformed-mac';

/** Far above any real packet (NTS asking for eight cookies stays under 1300), so that no datagram buys 4000 fields. */
export const MAX_TRAILER_SIZE = 2048;

export const encodeTrailer = ({ extensions, mac }: Trailer): Uint8Array[] => [
  ...extensions.map(encodeExtensionField),
  ...(mac ? [encodeMac(mac)] : []),
];

/** @param bytes - the datagram behind its header. */
export const decodeTrailer = (bytes: Uint8Array, version: number): Result<Trailer, TrailerRefusal> => {
  const macAt = findMac(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length, version);
  if (macAt < 0) return refuse(trailerRefusal(macAt));
  const extensions: ExtensionField[] = [];
  for (let at = 0; at < macAt; at += extensionFieldSize(extensions.at(-1)!)) {
    const field = decodeExtensionField(bytes.subarray(at, macAt));
    if (!field.ok) return field;
    extensions.push(field.value);
  }
  if (macAt === bytes.length) return ok({ extensions });
  const mac = decodeMac(bytes.subarray(macAt), version);
  return mac.ok ? ok({ extensions, mac: mac.value }) : mac;
};

const REFUSALS = ['too-long', 'malformed-extension', 'malformed-mac'] as const;

/** What a negative result of `findMac` says. */
export const trailerRefusal = (code: number): TrailerRefusal => REFUSALS[-1 - code]!;

/**
 * Goes through what stands behind a header from `from` to `end`, for whoever must not allocate.
 *
 * @returns where the MAC begins, `end` where there is none; negative, for `trailerRefusal`, where it is not well-formed.
 */
export const findMac = (view: DataView, from: number, end: number, version: number): number => {
  if (end - from > MAX_TRAILER_SIZE) return -1;
  let at = from;
  // NTPv3 and earlier know no fields: all of it is MAC, and reading it otherwise would take its authentication away.
  while (version === 4 && end - at > MAX_V4_MAC_SIZE) {
    const size = fieldSizeAt(view, at, end);
    if (size === 0) return -2;
    at += size;
  }
  return at === end || isMacAt(view, at, end, version) ? at : -3;
};
