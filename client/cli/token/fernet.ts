/**
 * A Fernet token, as Keystone makes them: when it was made is in the clear, until when it is valid is not.
 *
 * @see https://github.com/fernet/spec: version (8 bits) | timestamp (64) | IV (128) | ciphertext (n × 128) | HMAC (256).
 */
import * as v from 'valibot';
import { ok, type Result, refuse } from '#contract/result.ts';
import { fromBase64url } from '#contract/web-platform.ts';
import { numericDate, type Validity } from './validity.ts';

const VERSION = 0x80;
const TIMESTAMP_AT = 1;
const AROUND_CIPHERTEXT_BYTES = 1 + 8 + 16 + 32;
const BLOCK_BYTES = 16;

/** @param token - with padding, as the specification has it, or without, as Keystone does; of a length that the caller has looked at. */
export const readFernet = (token: string): Result<Validity, 'malformed'> => {
  const bytes = fromBase64url(token.replace(/={1,2}$/, ''));
  if (bytes?.[0] !== VERSION) return refuse('malformed', 'neither a JWT nor a Fernet token');
  const ciphertext = bytes.length - AROUND_CIPHERTEXT_BYTES;
  if (ciphertext < BLOCK_BYTES || ciphertext % BLOCK_BYTES !== 0) return refuse('malformed', 'length');
  const seconds = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(TIMESTAMP_AT);
  const made = v.safeParse(numericDate, Number(seconds));
  return made.success ? ok({ issuedAt: made.output, expires: 'hidden' }) : refuse('malformed', 'timestamp');
};
