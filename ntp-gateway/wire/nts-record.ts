/**
 * A message of the NTS key exchange, RFC 8915 §4: records of a critical bit (1), a type (15), the body's length (16) and the
 * body, the last of them End of Message.
 */
import { ok, type Result, refuse } from '#contract/result.ts';
import { END_OF_MESSAGE } from './nts.ts';

/** `type` is a uint15. */
export type NtsRecord = { readonly critical: boolean; readonly type: number; readonly body: Uint8Array };

/** Of a whole message, with its End of Message; eight cookies take less than one. */
export const MOST_OCTETS = 16_384;
/** Without End of Message. Empty ones would otherwise come by the thousand. */
const MOST_RECORDS = 256;

const HEADER = 4;
const CRITICAL = 0x8000;

/** @param values - uint16 each, which make up the body. */
export const criticalRecord = (type: number, ...values: readonly number[]): NtsRecord => ({
  critical: true,
  type,
  body: Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff])),
});

/** @param records - without End of Message, which is added. */
export const encodeRecords = (records: readonly NtsRecord[]): Uint8Array<ArrayBuffer> => {
  const all = [...records, criticalRecord(END_OF_MESSAGE)];
  const size = all.reduce((sum, { body }) => sum + HEADER + body.length, 0);
  if (size > MOST_OCTETS) throw new RangeError(`a message of ${size} octets`);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { critical, type, body } of all) {
    if (type >= CRITICAL) throw new RangeError(`the record type ${type}`);
    view.setUint16(at, (critical ? CRITICAL : 0) | type);
    view.setUint16(at + 2, body.length);
    bytes.set(body, at + HEADER);
    at += HEADER + body.length;
  }
  return bytes;
};

/**
 * @param bytes - all that has come so far.
 * @returns the records less End of Message, their bodies views into `bytes`; undefined while End of Message has yet to come.
 */
export const decodeMessage = (
  bytes: Uint8Array,
): Result<readonly NtsRecord[], 'malformed' | 'too-long'> | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: NtsRecord[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const head = view.getUint16(at);
    const end = at + HEADER + view.getUint16(at + 2);
    const record = { critical: head >= CRITICAL, type: head % CRITICAL, body: bytes.subarray(at + HEADER, end) };
    if (end > MOST_OCTETS) return refuse('too-long');
    if (record.type === END_OF_MESSAGE) {
      // §4.1.1: critical, without a body, and the last
      return record.critical && end === at + HEADER && end === bytes.length ? ok(records) : refuse('malformed');
    }
    if (end > bytes.length) return undefined;
    if (records.length === MOST_RECORDS) return refuse('too-long');
    records.push(record);
    at = end;
  }
  return bytes.length < MOST_OCTETS ? undefined : refuse('too-long');
};
