/** What a client asks, RFC 10049 §5.1. */
import { ok, type Result, refuse } from '../result.ts';
import type { Bytes } from '../web-platform.ts';
import { readUint32, uint32 } from './integers.ts';
import { ANY_SIZE, encodeMessage, findValue, readValues } from './message.ts';
import { decodePacket, encodePacket } from './packet.ts';
import { hash, isEqual } from './signature.ts';
import { bestVersion, readVersions, VERSIONS, type Version } from './versions.ts';

export const NONCE_BYTES = 32;
/** A request has this TYPE, a response the other. */
export const TYPE = { request: 0, response: 1 } as const;

/** Shorter ones are not answered: the answer to a batch would be longer (§9.7), and to whom it goes may be forged. */
export const MIN_REQUEST_BYTES = 1024;
const MESSAGE_BYTES = 1024;

export type Request = {
  readonly packet: Bytes;
  readonly versions: readonly number[];
  readonly nonce: Bytes;
  /** Which server is meant; undefined where the client does not say. */
  readonly server: Bytes | undefined;
};
/** A request that this server answers, in this version. */
export type Admitted = Request & { readonly version: Version };

/** The value of SRV: H(0xff || long-term public key). */
export const serverId = (longTerm: Bytes): Promise<Bytes> => hash(Uint8Array.of(0xff), longTerm);

/**
 * Offers all versions spoken here, in a message of 1024 bytes.
 *
 * @param nonce - 32 bytes: dice, or of a chain (`nextNonce`).
 * @param server - `serverId` of the key that the response will be verified with.
 */
export const makeRequest = (nonce: Bytes, server: Bytes): Bytes => {
  const values = { VER: uint32(...VERSIONS), SRV: server, NONC: nonce, TYPE: uint32(TYPE.request) };
  const used = encodeMessage({ ...values, ZZZZ: new Uint8Array(0) }).length;
  return encodePacket({ ...values, ZZZZ: new Uint8Array(MESSAGE_BYTES - used) });
};

/** @returns `malformed` with the tag that is missing or not as it should be; otherwise views into `packet`. */
export const decodeRequest = (packet: Bytes): Result<Request, 'malformed' | 'too-long' | 'not-a-request'> => {
  const message = decodePacket(packet);
  if (!message.ok) return message;
  const values = readValues(message.value, { TYPE: 4, VER: ANY_SIZE, NONC: NONCE_BYTES });
  if (!values.ok) return values;
  if (readUint32(values.value.TYPE) !== TYPE.request) return refuse('not-a-request');
  const versions = readVersions(values.value.VER);
  if (!versions) return refuse('malformed', 'VER');
  return ok({ packet, versions, nonce: values.value.NONC, server: findValue(message.value, 'SRV') });
};

/** Whether any server answers, as far as it is not for one in particular. */
export const readRequest = (
  packet: Bytes,
): Result<Admitted, 'malformed' | 'too-short' | 'too-long' | 'not-a-request' | 'other-version'> => {
  if (packet.length < MIN_REQUEST_BYTES) return refuse('too-short');
  const request = decodeRequest(packet);
  if (!request.ok) return request;
  const version = bestVersion(request.value.versions);
  return version ? ok({ ...request.value, version }) : refuse('other-version');
};

/** Whether the server that goes by `id` is meant, or none in particular. */
export const isFor = ({ server }: Request, id: Bytes): boolean => !server || isEqual(server, id);

/** Whether a server that goes by `server` answers. Whom it does not, it tells nothing (§5.2). */
export const admitRequest = (
  packet: Bytes,
  server: Bytes,
): Result<Admitted, 'malformed' | 'too-short' | 'too-long' | 'not-a-request' | 'other-server' | 'other-version'> => {
  const request = readRequest(packet);
  if (!request.ok) return request;
  return isFor(request.value, server) ? request : refuse('other-server');
};
