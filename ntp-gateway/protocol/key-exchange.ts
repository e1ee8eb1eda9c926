/**
 * The client's side of the NTS key exchange, RFC 8915 §4: what we ask for, and what an answer agrees to.
 *
 * By which context keys of AES-128-GCM-SIV are exported, wire/nts-exporter.ts, the server says by record 1024
 * (chrony-project.org/doc/spec/nts-compliant-128gcm.html). One that does not is an older chronyd, or has only ever known §5.1's.
 */
import { ok, type Result, refuse } from '#contract/result.ts';
import {
  AEAD_ALGORITHM,
  AES_128_GCM_SIV,
  AES_SIV_CMAC_256,
  type AeadAlgorithm,
  COMPLIANT_EXPORTER,
  ERROR,
  isAeadAlgorithm,
  NEW_COOKIE,
  NEXT_PROTOCOL,
  NTP_PORT,
  NTP_SERVER,
  NTPV4,
  WARNING,
} from '../wire/nts.ts';
import { criticalRecord, type NtsRecord } from '../wire/nts-record.ts';
import type { KeyExchangeRefusal } from './authentication.ts';
import { addCookies } from './nts-session.ts';

export type Agreement = {
  readonly algorithm: AeadAlgorithm;
  /** That the server exports its keys by §5.1's context is sure. */
  readonly isCompliant: boolean;
  /** 1 to 8. */
  readonly cookies: readonly Uint8Array[];
  /** A host name or an address; absent: the one that keys are exchanged with. */
  readonly server?: string;
  readonly port?: number;
};

/** GCM-SIV first: with its shorter keys, cookies and so datagrams are shorter, and long ones are filtered on some paths. */
export const KEY_EXCHANGE_REQUEST: readonly NtsRecord[] = [
  criticalRecord(NEXT_PROTOCOL, NTPV4),
  criticalRecord(AEAD_ALGORITHM, AES_128_GCM_SIV, AES_SIV_CMAC_256),
  { critical: false, type: COMPLIANT_EXPORTER, body: new Uint8Array() },
];

const KNOWN = [
  NEXT_PROTOCOL,
  ERROR,
  WARNING,
  AEAD_ALGORITHM,
  NEW_COOKIE,
  NTP_SERVER,
  NTP_PORT,
  COMPLIANT_EXPORTER,
] as const;

type Judged<Value> = Result<Value, KeyExchangeRefusal>;

export const judgeAnswer = (records: readonly NtsRecord[]): Judged<Agreement> => {
  const bodiesOf = (type: number): readonly Uint8Array[] =>
    records.filter((record) => record.type === type).map(({ body }) => body);
  const [[error], [warning]] = [bodiesOf(ERROR), bodiesOf(WARNING)];
  if (error) return refuse('error', saidBy(error, ERRORS));
  if (warning) return refuse('warning', saidBy(warning));
  const unknown = records.find(({ critical, type }) => critical && !KNOWN.some((one) => one === type));
  if (unknown) return refuse('critical-record', `record ${unknown.type}`);
  const twice = KNOWN.find((type) => type !== NEW_COOKIE && bodiesOf(type).length > 1);
  if (twice !== undefined) return refuse('malformed', `record ${twice} comes twice`);

  const protocol = wordOf(bodiesOf(NEXT_PROTOCOL)[0]);
  if (protocol !== NTPV4) return refuse('protocol', 'the server does not agree to NTPv4');
  const algorithm = wordOf(bodiesOf(AEAD_ALGORITHM)[0]);
  if (algorithm === undefined || !isAeadAlgorithm(algorithm)) {
    return refuse('aead', `the server agrees to ${algorithm ?? 'none'}`);
  }
  const [compliant] = bodiesOf(COMPLIANT_EXPORTER);
  if (compliant && compliant.length > 0) return refuse('malformed', `record ${COMPLIANT_EXPORTER} is not empty`);

  const offered = bodiesOf(NEW_COOKIE);
  const cookies = addCookies(algorithm, [], offered);
  if (cookies.length === 0) {
    return refuse('no-cookies', offered.length === 0 ? undefined : `of ${offered.length}, none can be asked with`);
  }
  const server = serverOf(bodiesOf(NTP_SERVER)[0]);
  if (!server.ok) return server;
  const port = portOf(bodiesOf(NTP_PORT)[0]);
  if (!port.ok) return port;
  const isCompliant = algorithm !== AES_128_GCM_SIV || compliant !== undefined;
  return ok({ algorithm, isCompliant, cookies, ...server.value, ...port.value });
};

/** One of 16 bits, and nothing else. */
const wordOf = (body: Uint8Array | undefined): number | undefined =>
  body?.length === 2 ? (body[0]! << 8) | body[1]! : undefined;

/** §4.1.3, by number. */
const ERRORS: readonly string[] = ['an unrecognized critical record', 'a bad request', 'an internal server error'];

const saidBy = (body: Uint8Array, words: readonly string[] = []): string => {
  const code = wordOf(body);
  return code === undefined ? 'without a code' : `${code}${words[code] ? `: ${words[code]}` : ''}`;
};

const LONGEST_NAME = 253;
/** Host names and IPv4 addresses, RFC 1123 §2.1 (the underscore is met with), or what may be an IPv6 address. */
const SERVER =
  /^(?:(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?|[0-9a-f:]+:[0-9a-f:.]+)$/i;

/** §4.1.7. It is resolved, connected to and shown to people: no more than it must may pass. */
const serverOf = (body: Uint8Array | undefined): Judged<{ readonly server?: string }> => {
  if (!body) return ok({});
  const server = body.length > LONGEST_NAME ? '' : String.fromCharCode(...body);
  return SERVER.test(server) ? ok({ server }) : refuse('malformed', 'the NTP server’s name is none');
};

/** §4.1.8. */
const portOf = (body: Uint8Array | undefined): Judged<{ readonly port?: number }> => {
  if (!body) return ok({});
  const port = wordOf(body);
  return port ? ok({ port }) : refuse('malformed', 'the NTP server’s port is none');
};
