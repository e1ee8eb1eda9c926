/** The server's side of NTS-protected NTP, RFC 8915 §5, for tests: written anew, so that no mistake of ours is made twice. */
import { randomBytes } from 'node:crypto';
import { AES_SIV_CMAC_256, type AeadAlgorithm } from '../../ntp-gateway/wire/nts.ts';
import { openByNode, sealByNode } from './node-cryptography.ts';

export type Field = { readonly type: number; readonly body: Uint8Array };

export type PeerKeys = { readonly algorithm: AeadAlgorithm; readonly c2s: Uint8Array; readonly s2c: Uint8Array };

export const field = (type: number, body: Uint8Array): Uint8Array => {
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.set(body, 4);
  return bytes;
};

export const fieldsOf = (bytes: Uint8Array): Field[] => {
  const all = Buffer.from(bytes);
  const fields: Field[] = [];
  for (let at = 48; at < all.length; ) {
    const size = all.readUInt16BE(at + 2);
    fields.push({ type: all.readUInt16BE(at), body: new Uint8Array(all.subarray(at + 4, at + size)) });
    at += size;
  }
  return fields;
};

/** What a request holds, if it is authentic. */
export const openRequest = (
  { algorithm, c2s }: Pick<PeerKeys, 'algorithm' | 'c2s'>,
  bytes: Uint8Array,
): { identifier: Uint8Array; cookie: Uint8Array; placeholders: readonly Uint8Array[] } | undefined => {
  const fields = fieldsOf(bytes);
  const { body } = fields.at(-1)!;
  const [nonceSize, sealedSize] = [(body[0]! << 8) | body[1]!, (body[2]! << 8) | body[3]!];
  const sealedAt = 4 + Math.ceil(nonceSize / 4) * 4;
  const associated = bytes.subarray(0, bytes.length - 4 - body.length);
  const sealed = body.subarray(sealedAt, sealedAt + sealedSize);
  const plain = openByNode({ algorithm, key: c2s, nonce: body.subarray(4, 4 + nonceSize), associated }, sealed);
  if (plain === undefined || plain.length > 0) return undefined;
  const bodiesOf = (type: number) => fields.filter((one) => one.type === type).map((one) => one.body);
  const [[identifier], [cookie]] = [bodiesOf(0x0104), bodiesOf(0x0204)];
  return { identifier: identifier!, cookie: cookie!, placeholders: bodiesOf(0x0304) };
};

export type ReplyOptions = {
  readonly header?: Uint8Array;
  /** In the clear, in front of the authenticator. */
  readonly identifier?: Uint8Array;
  readonly open?: readonly Uint8Array[];
  /** Sealed. */
  readonly cookies?: readonly Uint8Array[];
  readonly plain?: Uint8Array;
  readonly nonce?: Uint8Array;
  /** In place of S2C. */
  readonly key?: Uint8Array;
};

export const sealReply = (
  { algorithm, s2c }: Pick<PeerKeys, 'algorithm' | 's2c'>,
  { header = REPLY, identifier, open = [], cookies = [], plain, nonce, key = s2c }: ReplyOptions,
): Uint8Array => {
  const associated = Buffer.concat([header, ...(identifier ? [field(0x0104, identifier)] : []), ...open]);
  const secret = plain ?? Buffer.concat(cookies.map((cookie) => field(0x0204, cookie)));
  const used = nonce ?? randomBytes(algorithm === AES_SIV_CMAC_256 ? 16 : 12);
  return Buffer.concat([
    associated,
    authenticator(used, sealByNode({ algorithm, key, nonce: used, associated }, secret)),
  ]);
};

export const authenticator = (nonce: Uint8Array, sealed: Uint8Array): Uint8Array => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(nonce.length, 0);
  head.writeUInt16BE(sealed.length, 2);
  return field(0x0404, Buffer.concat([head, padded(nonce), padded(sealed)]));
};

const padded = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

/** A header of version 4 in server mode; the rest is counted through, so that no octet stands for another. */
export const REPLY = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x24 : i));
/** NTSN, RFC 8915 §5.7: stratum 0, and the word where the reference id stands. */
export const NAK = Uint8Array.from(REPLY, (octet, i) => [0x24, 0][i] ?? [0x4e, 0x54, 0x53, 0x4e][i - 12] ?? octet);
