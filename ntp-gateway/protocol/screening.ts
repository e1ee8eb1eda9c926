/** Whether a datagram is what its sender may ask us, and nothing else: before anything is remembered or done for it. */
import { CLIENT_MODE, HEADER_SIZE, isVersion, modeOf, versionOf } from '../wire/ntp-packet.ts';
import { findMac, type TrailerRefusal, trailerRefusal } from '../wire/trailer.ts';
import { isAllowed, type Policy } from './policy.ts';
import { NOT_AT_ALL, type ServerAuthentication } from './server-authentication.ts';
import { DENIED, LONG, MALFORMED_EXTENSION, MALFORMED_MAC, MODE, SHORT, VERSION } from './server-counters.ts';

/** A request's sender: family (4 or 6), four words of its address (of IPv4 the first alone), port; int32 each. */
export type ClientAddress = Int32Array;

/** In a client's address. */
const PORT = 5;
const NTP_PORT = 123;

const REFUSED_TRAILERS: Readonly<Record<TrailerRefusal, number>> = {
  'too-long': LONG,
  'malformed-extension': MALFORMED_EXTENSION,
  'malformed-mac': MALFORMED_MAC,
};

/** @returns how an answer is to be authenticated, as `find` says; negative, ~ what to count it as, where none is due. */
export const screen = (
  policy: Policy,
  { find }: ServerAuthentication,
  requests: DataView,
  from: number,
  length: number,
  client: ClientAddress,
): number => {
  if (!isAllowed(policy, client)) return ~DENIED;
  if (length < HEADER_SIZE) return ~SHORT;
  const first = requests.getUint8(from);
  const version = versionOf(first);
  if (!isVersion(version)) return ~VERSION;
  if (!isRequest(version, modeOf(first), client[PORT]!)) return ~MODE;
  if (length === HEADER_SIZE) return NOT_AT_ALL;
  const macAt = findMac(requests, from + HEADER_SIZE, from + length, version);
  return macAt < 0 ? ~REFUSED_TRAILERS[trailerRefusal(macAt)] : find(requests, from, macAt, length);
};

/**
 * A client's, or one of NTPv1, whose mode bits are 0: from any port but a server's. Two servers that answer each other's
 * answers never stop.
 */
const isRequest = (version: number, mode: number, port: number): boolean =>
  mode === CLIENT_MODE || (version === 1 && mode === 0 && port !== NTP_PORT);
