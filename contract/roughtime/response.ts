/** Responses, RFC 10049 §5.2: a signed time (SREP), and how the request hangs together with it. */
import { ok, type Result, refuse } from '../result.ts';
import type { Bytes } from '../web-platform.ts';
import { readUint32, readUint64, uint32, uint64 } from './integers.ts';
import { ANY_SIZE, decodeMessage, encodeMessage, readValues } from './message.ts';
import { decodePacket, encodePacket } from './packet.ts';
import { NONCE_BYTES, TYPE } from './request.ts';
import type { RoughTime } from './rough-time.ts';
import { HASH_BYTES, SIGNATURE_BYTES } from './signature.ts';
import { readVersions } from './versions.ts';

/** SREP: the time, for all requests under the root. */
export type SignedTime = {
  readonly version: number;
  /** What else the server speaks. */
  readonly versions: readonly number[];
  readonly time: RoughTime;
  readonly root: Bytes;
};

/** Of which nothing is to be believed yet. */
export type Response = {
  readonly nonce: Bytes;
  readonly path: Bytes;
  readonly index: number;
  readonly srep: Bytes;
  /** Over `srep`, by the key that `certificate` names. */
  readonly signature: Bytes;
  readonly certificate: Bytes;
};

export const encodeSignedTime = ({ version, versions, time, root }: SignedTime): Bytes =>
  encodeMessage({
    VER: uint32(version),
    RADI: uint32(time.radius),
    MIDP: uint64(time.midpoint),
    VERS: uint32(...versions),
    ROOT: root,
  });

export const decodeSignedTime = (srep: Bytes): Result<SignedTime, 'malformed'> => {
  const message = decodeMessage(srep);
  if (!message.ok) return message;
  const values = readValues(message.value, { VER: 4, RADI: 4, MIDP: 8, VERS: ANY_SIZE, ROOT: HASH_BYTES });
  if (!values.ok) return values;
  const { VER, RADI, MIDP, VERS, ROOT } = values.value;
  const versions = readVersions(VERS);
  if (!versions) return refuse('malformed', 'VERS');
  const time = { midpoint: readUint64(MIDP), radius: readUint32(RADI) };
  return ok({ version: readUint32(VER), versions, time, root: ROOT });
};

export const encodeResponse = ({ nonce, path, index, srep, signature, certificate }: Response): Bytes =>
  encodePacket({
    SIG: signature,
    NONC: nonce,
    TYPE: uint32(TYPE.response),
    PATH: path,
    SREP: srep,
    CERT: certificate,
    INDX: uint32(index),
  });

/** @returns `malformed` with the tag that is missing or not as it should be; otherwise views into `packet`. */
export const decodeResponse = (packet: Bytes): Result<Response, 'malformed' | 'too-long' | 'not-a-response'> => {
  const message = decodePacket(packet);
  if (!message.ok) return message;
  const values = readValues(message.value, {
    TYPE: 4,
    SIG: SIGNATURE_BYTES,
    NONC: NONCE_BYTES,
    PATH: ANY_SIZE,
    SREP: ANY_SIZE,
    CERT: ANY_SIZE,
    INDX: 4,
  });
  if (!values.ok) return values;
  const { TYPE: type, SIG, NONC, PATH, SREP, CERT, INDX } = values.value;
  if (readUint32(type) !== TYPE.response) return refuse('not-a-response');
  if (PATH.length % HASH_BYTES !== 0) return refuse('malformed', 'PATH');
  return ok({ nonce: NONC, path: PATH, index: readUint32(INDX), srep: SREP, signature: SIG, certificate: CERT });
};
