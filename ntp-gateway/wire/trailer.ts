/** What follows the 48 octets of the header: extension fields, then perhaps a MAC. RFC 7822 §7.5.1 says which is which. */
import { ok, type Result, refuse } from '#contract/result.ts';
import {
  decodeExtensionField,
  type ExtensionField,
  encodeExtensionField,
  extensionFieldSize,
} from './extension-field.ts';
import { decodeMac, encodeMac, MAX_V4_MAC_SIZE, type Mac } from './mac.ts';

export type Trailer = { readonly extensions: readonly ExtensionField[]; readonly mac?: Mac };

export type TrailerRefusal = 'long' | 'malformed-extension' | 'malformed-mac';

/** Far above any real packet (NTS asking for eight cookies stays under 1300), so that no datagram buys 4000 fields. */
const MAX_SIZE = 2048;

export const encodeTrailer = ({ extensions, mac }: Trailer): Uint8Array[] => [
  ...extensions.map(encodeExtensionField),
  ...(mac ? [encodeMac(mac)] : []),
];

/** @param bytes - the datagram behind its header. */
export const decodeTrailer = (bytes: Uint8Array, version: number): Result<Trailer, TrailerRefusal> => {
  if (bytes.length > MAX_SIZE) return refuse('long');
  const extensions: ExtensionField[] = [];
  let rest = bytes;
  // NTPv3 and earlier know no fields: all of it is MAC, and reading it otherwise would take its authentication away.
  while (version === 4 && rest.length > MAX_V4_MAC_SIZE) {
    const field = decodeExtensionField(rest);
    if (!field.ok) return field;
    extensions.push(field.value);
    rest = rest.subarray(extensionFieldSize(field.value));
  }
  if (rest.length === 0) return ok({ extensions });
  const mac = decodeMac(rest, version);
  return mac.ok ? ok({ extensions, mac: mac.value }) : mac;
};
