/** Packets as others would make them, good and bad: assembled from RFC 10049's text and nothing that is tested. */
import { answerRequests, type OnlineKey } from '#contract/roughtime/answer.ts';
import { certify } from '#contract/roughtime/certificate.ts';
import { leafOf } from '#contract/roughtime/merkle.ts';
import { type Admitted, admitRequest, makeRequest, serverId } from '#contract/roughtime/request.ts';
import type { RoughTime } from '#contract/roughtime/rough-time.ts';
import { type Purpose, type RoughtimeKey, sign } from '#contract/roughtime/signature.ts';
import { DRAFT, VERSION_1, type Version } from '#contract/roughtime/versions.ts';
import { type Bytes, base64url, utf8 } from '#contract/web-platform.ts';
import { hex } from '../../support/hex.ts';

/** @param secret, printed - as RFC 8032 prints them. */
const key = async (secret: string, printed: string): Promise<RoughtimeKey> => {
  const publicKey = hex(printed);
  const jwk = { kty: 'OKP', crv: 'Ed25519', d: base64url(hex(secret)), x: base64url(publicKey) };
  return { publicKey, privateKey: await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['sign']) };
};

/** RFC 8032 §7.1, tests 1, 2 and 3: keys whose private halves everyone knows. */
export const longTermKey = await key(
  '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
);
export const onlineKey = await key(
  '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
  '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
);
export const otherKey = await key(
  'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
  'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
);

export const NOW: RoughTime = { midpoint: 1_795_336_200n, radius: 3 };
export const delegation = { publicKey: onlineKey.publicKey, from: 1_795_336_000n, until: 1_795_422_400n };
export const signer: OnlineKey = {
  privateKey: onlineKey.privateKey,
  certificates: {
    [VERSION_1]: await certify(delegation, VERSION_1, longTermKey.privateKey),
    [DRAFT]: await certify(delegation, DRAFT, longTermKey.privateKey),
  },
};

/** Values by the letters of their tags; what is undefined is left out. */
export type Parts = Readonly<Record<string, Uint8Array | undefined>>;

const number = (letters: string): number =>
  [...letters.padEnd(4, '\0')].reduceRight((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);

/** Little-endian uint32s. */
export const words = (...numbers: readonly number[]): Bytes =>
  Uint8Array.from(numbers.flatMap((n) => [n, n >>> 8, n >>> 16, n >>> 24].map((octet) => octet & 255)));
export const word64 = (n: bigint): Bytes => words(Number(n & 0xffffffffn), Number(n >> 32n));
export const join = (...parts: readonly Uint8Array[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]));

/** RFC 10049 §4. */
export const assemble = (parts: Parts): Bytes => {
  const tags = Object.keys(parts)
    .filter((tag) => parts[tag])
    .sort((a, b) => number(a) - number(b));
  const values = tags.map((tag) => parts[tag]!);
  const offsets = values.map((_, i) => values.slice(0, i).reduce((sum, { length }) => sum + length, 0));
  return join(words(tags.length, ...offsets.slice(1), ...tags.map(number)), ...values);
};
/** RFC 10049 §5. */
export const packet = (message: Uint8Array): Bytes => join(utf8('ROUGHTIM'), words(message.length), message);

export const nonce = new Uint8Array(32).fill(0x4e);
export const server = await serverId(longTermKey.publicKey);
export const request = makeRequest(nonce, server);

/** As a client with other ideas would ask. */
export const forgeRequest = (changes: Parts = {}): Bytes =>
  packet(
    assemble({
      VER: words(VERSION_1, DRAFT),
      SRV: server,
      NONC: nonce,
      TYPE: words(0),
      ZZZZ: new Uint8Array(908),
      ...changes,
    }),
  );

export const admitted = (bytes: Bytes): Admitted => {
  const request = admitRequest(bytes, server);
  if (!request.ok) throw new Error(request.reason);
  return request.value;
};

export const answer = async (...requests: readonly Bytes[]): Promise<Bytes[]> =>
  answerRequests(requests.map(admitted), NOW, signer);

export type Changes = {
  /** For the contexts of the signatures. */
  readonly version?: Version;
  readonly outer?: Parts;
  readonly srep?: Parts;
  readonly cert?: Parts;
  readonly dele?: Parts;
  /** The key that signs the time, and the one that signs for that key. */
  readonly online?: RoughtimeKey;
  readonly longTerm?: RoughtimeKey;
};

/** A response to `request`, as a server with other ideas would make it: what is altered within is signed as altered. */
export const forgeResponse = async (changes: Changes = {}): Promise<Bytes> => {
  const { version = VERSION_1, online = onlineKey, longTerm = longTermKey } = changes;
  const signed = (purpose: Purpose, value: Bytes, by: RoughtimeKey) => sign(version, purpose, value, by.privateKey);
  const dele = assemble({
    PUBK: delegation.publicKey,
    MINT: word64(delegation.from),
    MAXT: word64(delegation.until),
    ...changes.dele,
  });
  const srep = assemble({
    VER: words(version),
    RADI: words(NOW.radius),
    MIDP: word64(NOW.midpoint),
    VERS: words(VERSION_1, DRAFT),
    ROOT: await leafOf(request),
    ...changes.srep,
  });
  return packet(
    assemble({
      SIG: await signed('response', srep, online),
      NONC: nonce,
      TYPE: words(1),
      PATH: new Uint8Array(0),
      SREP: srep,
      CERT: assemble({ SIG: await signed('delegation', dele, longTerm), DELE: dele, ...changes.cert }),
      INDX: words(0),
      ...changes.outer,
    }),
  );
};
