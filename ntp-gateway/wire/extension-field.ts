/** NTPv4 extension fields, RFC 7822 §3: field type (16) | length of the whole field (16) | body. */
import { ok, type Result, refuse } from '#contract/result.ts';

/** `body` is what follows the four octets of the head, padding and all; a view of the datagram. */
export type ExtensionField = { readonly type: number; readonly body: Uint8Array };

const HEAD = 4;
const MIN_SIZE = 16;

export const extensionFieldSize = ({ body }: ExtensionField): number => HEAD + body.length;

export const encodeExtensionField = ({ type, body }: ExtensionField): Uint8Array => {
  const size = HEAD + body.length;
  if (type > 0xffff || size > 0xffff || size < MIN_SIZE || size % 4 !== 0) {
    throw new RangeError(`extension field ${type}, ${size} B: does not fit`);
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type);
  view.setUint16(2, size);
  bytes.set(body, HEAD);
  return bytes;
};

/** The field at the front of `bytes`. */
export const decodeExtensionField = (bytes: Uint8Array): Result<ExtensionField, 'malformed-extension'> => {
  if (bytes.length < MIN_SIZE) return refuse('malformed-extension');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint16(2);
  if (size < MIN_SIZE || size % 4 !== 0 || size > bytes.length) return refuse('malformed-extension');
  return ok({ type: view.getUint16(0), body: bytes.subarray(HEAD, size) });
};
