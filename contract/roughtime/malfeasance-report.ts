/** `application/roughtime-malfeasance+json`, RFC 10049 §8.4.1: a chain of responses, for others to judge (`verifyChain`). */
import * as v from 'valibot';
import { decodeText } from '../fields.ts';
import { ok, type Result } from '../result.ts';
import { type Bytes, base64, fromBase64 } from '../web-platform.ts';
import type { Link } from './chain.ts';
import { MAX_PACKET_BYTES } from './packet.ts';
import { KEY_BYTES } from './signature.ts';

/** 32 bytes, as all nonces are made of. */
const RAND_BYTES = 32;
export const MAX_LINKS = 32;
/** Look before parsing: of a report of `MAX_LINKS` with packets as long as they come there is less. */
export const MAX_REPORT_LENGTH = 512 * 1024;

const bytes = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.maxLength(4 * Math.ceil(most / 3)),
    v.transform(fromBase64),
    v.custom<Bytes>((value) => value instanceof Uint8Array && value.length >= least && value.length <= most),
  );
const packet = bytes(0, MAX_PACKET_BYTES);
const schema = v.object({
  responses: v.pipe(
    v.array(
      v.object({
        rand: v.optional(bytes(RAND_BYTES, RAND_BYTES)),
        publicKey: bytes(KEY_BYTES, KEY_BYTES),
        request: packet,
        response: packet,
      }),
    ),
    v.minLength(1),
    v.maxLength(MAX_LINKS),
  ),
});

export const encodeReport = (links: readonly Link[]): string =>
  JSON.stringify({
    responses: links.map(({ rand, publicKey, request, response }) => ({
      rand: rand && base64(rand),
      publicKey: base64(publicKey),
      request: base64(request),
      response: base64(response),
    })),
  });

/** @param text - at most `MAX_REPORT_LENGTH`, for the caller to have looked. */
export const decodeReport = (text: string): Result<Link[], 'malformed'> => {
  const report = decodeText(schema, text);
  return report.ok ? ok(report.value.responses.map(({ rand, ...link }) => ({ ...link, rand }))) : report;
};
