/** NTPv4 extension fields, RFC 7822 §3: field type (16) | length of the whole field (16) | body. */
import { ok, type Result, refuse } from '#contract/result.ts';

/** `body` is what follows the four octets of the head, padding and all; a view of the datagram. */
export type ExtensionField = { readonly type: number; readonly body: Uint8Array };

/** Type and length. */
export const FIELD_HEAD = 4;
const MIN_SIZE = 16;

/** Fields, and what is in an authenticator, begin at multiples of 4. */
export const padded = (length: number): number => (length + 3) & ~3;

export const extensionFieldSize = ({ body }: ExtensionField): number => FIELD_HEAD + body.length;

export const encodeExtensionField = ({ type, body }: ExtensionField): Uint8Array => {
  const size = FIELD_HEAD + body.length;
  if (type > 0xffff || size > 0xffff || size < MIN_SIZE || size % 4 !== 0) {
    throw new RangeError(`extension field ${type}, ${size} B: does not fit`);
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type);
  view.setUint16(2, size);
  bytes.set(body, FIELD_HEAD);
  return bytes;
};

/** The field at the front of `bytes`. */
export const decodeExtensionField = (bytes: Uint8Array): Result<ExtensionField, 'malformed-extension'> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = fieldSizeAt(view, 0, bytes.length);
  if (size === 0) return refuse('malformed-extension');
  return ok({ type: view.getUint16(0), body: bytes.subarray(FIELD_HEAD, size) });
};

/** The size of the field that stands at `at` and ends by `end`, for whoever must not allocate; 0 where it is malformed. */
export const fieldSizeAt = (view: DataView, at: number, end: number): number => {
  if (end - at < MIN_SIZE) return 0;
  const size = view.getUint16(at + 2);
  return size < MIN_SIZE || size % 4 !== 0 || size > end - at ? 0 : size;
};
