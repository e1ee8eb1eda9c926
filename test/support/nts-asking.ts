/** A client of an NTS server, RFC 8915 §5, of the plain codec and node:crypto: nothing of it is the server's own. */
import type { CookieKey } from '../../ntp-gateway/protocol/server-keys.ts';
import { decodeExtensionField, encodeExtensionField } from '../../ntp-gateway/wire/extension-field.ts';
import { decodePacket, type NtpPacket } from '../../ntp-gateway/wire/ntp-packet.ts';
import {
  AES_SIV_CMAC_256,
  type AeadAlgorithm,
  AUTHENTICATOR,
  COOKIE,
  COOKIE_PLACEHOLDER,
  UNIQUE_IDENTIFIER,
} from '../../ntp-gateway/wire/nts.ts';
import { hex } from './hex.ts';
import { openByNode, sealByNode } from './node-cryptography.ts';

export type Session = { readonly algorithm: AeadAlgorithm; readonly c2s: Uint8Array; readonly s2c: Uint8Array };

export const sessionOf = (algorithm: AeadAlgorithm): Session => {
  const size = algorithm === AES_SIV_CMAC_256 ? 32 : 16;
  return { algorithm, c2s: new Uint8Array(size).fill(0x33, 1), s2c: new Uint8Array(size).fill(0x44, 1) };
};

export const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.concat(parts));

/** As our servers make them. */
export const cookieOf = (
  { c2s, s2c }: Session,
  { id, key }: CookieKey,
  nonce: Uint8Array = new Uint8Array(16).fill(0x55),
): Uint8Array => {
  const associated = Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id);
  const sealing = { algorithm: AES_SIV_CMAC_256, key, nonce, associated } as const;
  return concat(associated, nonce, sealByNode(sealing, concat(c2s, s2c)));
};

/** RFC 7822 §3, in which 16 octets are not the least. */
export const field = (type: number, body: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type >> 8, type, (body.length + 4) >> 8, body.length + 4), body);

export const IDENTIFIER = new Uint8Array(32).fill(0x77);
export const NONCE = 'f1e2d3c4b5a69788';
const PLAIN = hex(`23 00 06 20 ${'00'.repeat(36)} ${NONCE}`);

export type Authenticator = {
  readonly key?: Uint8Array;
  readonly nonce?: Uint8Array;
  /** Fields that are sealed. */
  readonly sealed?: Uint8Array;
  /** Octets behind the ciphertext. */
  readonly padding?: number;
  /** What the two lengths are said to be. */
  readonly lengths?: readonly [nonce: number, ciphertext: number];
};

const padded = (bytes: Uint8Array): Uint8Array => concat(bytes, new Uint8Array(-bytes.length & 3));

/** `bytes` with an authenticator of them behind. */
export const authenticate = (session: Session, bytes: Uint8Array, options: Authenticator = {}): Uint8Array => {
  const isSiv = session.algorithm === AES_SIV_CMAC_256;
  const { key = session.c2s, nonce = new Uint8Array(isSiv ? 16 : 12).fill(0x66), padding = 0 } = options;
  const sealing = { algorithm: session.algorithm, key, nonce, associated: bytes };
  const ciphertext = sealByNode(sealing, options.sealed ?? new Uint8Array());
  const lengths = new Uint8Array(4);
  const [nonceLength, ciphertextLength] = options.lengths ?? [nonce.length, ciphertext.length];
  new DataView(lengths.buffer).setUint16(0, nonceLength);
  new DataView(lengths.buffer).setUint16(2, ciphertextLength);
  const body = concat(lengths, padded(nonce), padded(ciphertext), new Uint8Array(padding));
  return concat(bytes, encodeExtensionField({ type: AUTHENTICATOR, body }));
};

export type Question = Authenticator & {
  readonly header?: Uint8Array;
  readonly identifier?: Uint8Array;
  readonly placeholders?: number;
};

/** A good request, unless it is asked otherwise. */
export const ntsRequest = (session: Session, cookie: Uint8Array, question: Question = {}): Uint8Array => {
  const { header = PLAIN, identifier = IDENTIFIER, placeholders = 0 } = question;
  const placeholder = field(COOKIE_PLACEHOLDER, new Uint8Array(cookie.length));
  const fields = [field(UNIQUE_IDENTIFIER, identifier), field(COOKIE, cookie)];
  return authenticate(session, concat(header, ...fields, ...Array(placeholders).fill(placeholder)), question);
};

export type NtsReply = NtpPacket & { readonly identifier: Uint8Array; readonly cookies: readonly Uint8Array[] };

/** @throws where it is not authentic, to the letter: identifier and authenticator, and nothing else. */
export const openNtsReply = ({ algorithm, s2c }: Session, bytes: Uint8Array | undefined): NtsReply => {
  const packet = bytes && decodePacket(bytes);
  if (!bytes || !packet?.ok) throw new Error('no reply');
  const { extensions } = packet.value;
  if (extensions.map(({ type }) => type).join() !== [UNIQUE_IDENTIFIER, AUTHENTICATOR].join()) {
    throw new Error(`fields ${extensions.map(({ type }) => type.toString(16))}`);
  }
  const [identifier, { body }] = extensions as [(typeof extensions)[0], (typeof extensions)[0]];
  const view = new DataView(body.buffer, body.byteOffset);
  const [nonceLength, length] = [view.getUint16(0), view.getUint16(2)];
  const nonce = body.subarray(4, 4 + nonceLength);
  const associated = bytes.subarray(0, bytes.length - body.length - 4);
  const sealed = body.subarray(4 + nonceLength, 4 + nonceLength + length);
  if (4 + nonceLength + length !== body.length) throw new Error('octets behind the ciphertext');
  const plain = openByNode({ algorithm, key: s2c, nonce, associated }, sealed);
  if (!plain) throw new Error('not authentic');
  const cookies: Uint8Array[] = [];
  for (let at = 0; at < plain.length; at += 4 + cookies.at(-1)!.length) {
    const decoded = decodeExtensionField(plain.subarray(at));
    if (!decoded.ok || decoded.value.type !== COOKIE) throw new Error('a sealed field that is no cookie');
    cookies.push(decoded.value.body);
  }
  return { ...packet.value, identifier: identifier.body, cookies };
};
