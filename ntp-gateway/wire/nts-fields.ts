/**
 * Network Time Security's extension fields, RFC 8915 §5, as a client writes and reads them. The body of the authenticator, §5.6:
 *
 *      0 nonce length (16 bits) | 2 length of what is sealed (16)
 *      4 nonce, and zeros up to a multiple of 4 | what is sealed, likewise
 */
import { concatenate } from '#contract/concatenate.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { type ExtensionField, encodeExtensionField, FIELD_HEAD, fieldSizeAt, padded } from './extension-field.ts';
import { MAX_V4_MAC_SIZE } from './mac.ts';
import { HEADER_SIZE } from './ntp-packet.ts';
import { AUTHENTICATOR, COOKIE, COOKIE_PLACEHOLDER, UNIQUE_IDENTIFIER } from './nts.ts';

/** All are views of the datagram. */
export type NtsFields = {
  /** In front of the authenticator; more than one where the datagram is no work of any server's. */
  readonly identifiers: readonly Uint8Array[];
  readonly authenticator?: Authenticator & { /** What is authentic ends here. */ readonly at: number };
};

export type Authenticator = { readonly nonce: Uint8Array; readonly sealed: Uint8Array };

/** Both lengths. */
const LENGTHS = 4;
/** Far above any real reply, which is no longer than its request. */
const MOST_OCTETS = 2048;

/** @param placeholders - each asks for one cookie more, and is as long as the first: the reply must not outgrow the request. */
export const encodeNtsRequest = (
  header: Uint8Array,
  identifier: Uint8Array,
  cookie: Uint8Array,
  placeholders: number,
): Uint8Array =>
  concatenate(
    header,
    encodeExtensionField({ type: UNIQUE_IDENTIFIER, body: identifier }),
    encodeExtensionField({ type: COOKIE, body: cookie }),
    ...Array<Uint8Array>(placeholders).fill(
      encodeExtensionField({ type: COOKIE_PLACEHOLDER, body: new Uint8Array(cookie.length) }),
    ),
  );

/** In octets, what `encodeNtsRequest` makes, with the authenticator behind it. */
export const ntsRequestSize = (
  identifier: number,
  cookie: number,
  placeholders: number,
  authenticator: number,
): number => HEADER_SIZE + FIELD_HEAD + identifier + (1 + placeholders) * (FIELD_HEAD + cookie) + authenticator;

/** In octets, the whole field. */
export const authenticatorSize = (nonce: number, sealed: number): number =>
  FIELD_HEAD + LENGTHS + padded(nonce) + padded(sealed);

export const encodeAuthenticator = ({ nonce, sealed }: Authenticator): Uint8Array => {
  const body = new Uint8Array(authenticatorSize(nonce.length, sealed.length) - FIELD_HEAD);
  const view = new DataView(body.buffer);
  view.setUint16(0, nonce.length);
  view.setUint16(2, sealed.length);
  body.set(nonce, LENGTHS);
  body.set(sealed, LENGTHS + padded(nonce.length));
  return encodeExtensionField({ type: AUTHENTICATOR, body });
};

/** @param bytes - a whole datagram of version 4. Nothing behind the authenticator is looked at. */
export const decodeNtsFields = (bytes: Uint8Array): Result<NtsFields, 'malformed-nts'> => {
  if (bytes.length > MOST_OCTETS) return refuse('malformed-nts');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const identifiers: Uint8Array[] = [];
  let at = HEADER_SIZE;
  while (bytes.length - at > MAX_V4_MAC_SIZE) {
    const size = fieldSizeAt(view, at, bytes.length);
    if (size === 0) return refuse('malformed-nts');
    const type = view.getUint16(at);
    const body = bytes.subarray(at + FIELD_HEAD, at + size);
    if (type === UNIQUE_IDENTIFIER) identifiers.push(body);
    if (type === AUTHENTICATOR) {
      const authenticator = decodeAuthenticator(body);
      return authenticator ? ok({ identifiers, authenticator: { ...authenticator, at } }) : refuse('malformed-nts');
    }
    at += size;
  }
  return ok({ identifiers });
};

const decodeAuthenticator = (body: Uint8Array): Authenticator | undefined => {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const nonceSize = view.getUint16(0); // a field has twelve octets of a body at the least
  const sealedSize = view.getUint16(2);
  const sealedAt = LENGTHS + padded(nonceSize);
  if (nonceSize === 0 || sealedAt + padded(sealedSize) > body.length) return undefined;
  return {
    nonce: body.subarray(LENGTHS, LENGTHS + nonceSize),
    sealed: body.subarray(sealedAt, sealedAt + sealedSize),
  };
};

/** What an authenticator had sealed. Fields in there need no sixteen octets, §5.6. */
export const decodeSealedFields = (bytes: Uint8Array): Result<readonly ExtensionField[], 'malformed-nts'> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: ExtensionField[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < FIELD_HEAD) return refuse('malformed-nts');
    const size = view.getUint16(at + 2);
    if (size < FIELD_HEAD || size % 4 !== 0 || size > bytes.length - at) return refuse('malformed-nts');
    fields.push({ type: view.getUint16(at), body: bytes.subarray(at + FIELD_HEAD, at + size) });
    at += size;
  }
  return ok(fields);
};
