/** The server's side of a key exchange, RFC 8915 §4: what a client's message asks for, and what is answered. */
import { ok, type Result, refuse } from '#contract/result.ts';
import {
  AEAD_ALGORITHM,
  AES_128_GCM_SIV,
  type AeadAlgorithm,
  BAD_REQUEST,
  COMPLIANT_EXPORTER,
  END_OF_MESSAGE,
  ERROR,
  isAeadAlgorithm,
  NEW_COOKIE,
  NEXT_PROTOCOL,
  NTP_PORT,
  NTP_SERVER,
  NTPV4,
  UNRECOGNIZED_CRITICAL_RECORD,
  WARNING,
} from '../wire/nts.ts';
import { criticalRecord, type NtsRecord } from '../wire/nts-record.ts';

export type Agreement = {
  readonly algorithm: AeadAlgorithm;
  /** For wire/nts-exporter.ts. */
  readonly isCompliant: boolean;
};

/** `protocol`, `aead`: none of those that the client offers is one of ours. */
export type RequestRefusal = 'malformed' | 'critical-record' | 'protocol' | 'aead';

const DEFAULT_PORT = 123;

/** Those that a client may send. Where it would have its NTP server is its wish, and ours to ignore: §4.1.7, §4.1.8. */
const ASKED = [NEXT_PROTOCOL, AEAD_ALGORITHM, NTP_SERVER, NTP_PORT, COMPLIANT_EXPORTER];
/** §4.1.1, §4.1.3, §4.1.4, §4.1.6: no client sends them here. */
const NEVER_ASKED = [END_OF_MESSAGE, ERROR, WARNING, NEW_COOKIE];

/** @param records - without End of Message. */
export const judgeRequest = (records: readonly NtsRecord[]): Result<Agreement, RequestRefusal> => {
  if (records.some(({ type }) => NEVER_ASKED.includes(type))) return refuse('malformed');
  if (records.some(({ critical, type }) => critical && !ASKED.includes(type))) return refuse('critical-record');
  const protocols = onlyList(records, NEXT_PROTOCOL);
  if (!protocols?.critical) return refuse('malformed'); // §4.1.2
  if (!protocols.list.includes(NTPV4)) return refuse('protocol');

  const algorithms = onlyList(records, AEAD_ALGORITHM);
  const compliant = records.filter(({ type }) => type === COMPLIANT_EXPORTER);
  if (!algorithms || compliant.some(({ body }) => body.length > 0)) return refuse('malformed');
  const algorithm = algorithms.list.find(isAeadAlgorithm); // §4.1.5: the client's order
  if (algorithm === undefined) return refuse('aead');
  return ok({ algorithm, isCompliant: algorithm === AES_128_GCM_SIV && compliant.length > 0 });
};

/** The one record of a type whose body is a list of uint16, of one at the least. */
const onlyList = (
  records: readonly NtsRecord[],
  type: number,
): { readonly critical: boolean; readonly list: readonly number[] } | undefined => {
  const [record, ...others] = records.filter((one) => one.type === type);
  if (!record || others.length > 0) return undefined;
  const { critical, body } = record;
  if (body.length === 0 || body.length % 2 !== 0) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return { critical, list: Array.from({ length: body.length / 2 }, (_, i) => view.getUint16(2 * i)) };
};

/** §4.1.2, §4.1.3, §4.1.5. Also for what was no message at all: `too-long`. */
export const refusalRecords = (reason: RequestRefusal | 'too-long'): readonly NtsRecord[] => {
  switch (reason) {
    case 'protocol':
      return [criticalRecord(NEXT_PROTOCOL)];
    case 'aead':
      return [criticalRecord(NEXT_PROTOCOL, NTPV4), criticalRecord(AEAD_ALGORITHM)];
    case 'critical-record':
      return [criticalRecord(ERROR, UNRECOGNIZED_CRITICAL_RECORD)];
    default:
      return [criticalRecord(ERROR, BAD_REQUEST)];
  }
};

/** @param port - of the NTP server that takes the cookies, at the address of this one. */
export const agreementRecords = (
  { algorithm, isCompliant }: Agreement,
  port: number,
  cookies: readonly Uint8Array[],
): readonly NtsRecord[] => [
  criticalRecord(NEXT_PROTOCOL, NTPV4),
  criticalRecord(AEAD_ALGORITHM, algorithm),
  ...(isCompliant ? [{ critical: false, type: COMPLIANT_EXPORTER, body: new Uint8Array() }] : []),
  ...(port === DEFAULT_PORT ? [] : [criticalRecord(NTP_PORT, port)]),
  ...cookies.map((body) => ({ critical: false, type: NEW_COOKIE, body })),
];
