/** What an NTP server may answer, and how: written after the RFCs alone, so that the server's own parser is not its judge. */

const HEADER = 48;
const [ORIGIN, RECEIVE, TRANSMIT] = [24, 32, 40];
const [UNSPECIFIED, CLIENT, SERVER] = [0, 3, 4];
const NTP_PORT = 123;
const UNIQUE_IDENTIFIER = 0x0104;
/** And cookie, placeholder, authenticator. */
const NTS_FIELDS = [UNIQUE_IDENTIFIER, 0x0204, 0x0304, 0x0404];
/** Every link carries so much: RFC 8200 §5. A server may have room for more, and need not. */
const FITS_ANY_LINK = 1_232;

const versionOf = (packet: Buffer): number => (packet[0]! >> 3) & 0b111;
const modeOf = (packet: Buffer): number => packet[0]! & 0b111;

/** RFC 1059 had no mode: a client is whoever asks with mode 0, and not from a server's port. */
const isOldRequest = (packet: Buffer, fromPort: number): boolean =>
  versionOf(packet) === 1 && modeOf(packet) === UNSPECIFIED && fromPort !== NTP_PORT;

/** Whether it is a well-formed request without a MAC, which nobody here has a key for. */
export const isRequest = (packet: Buffer, fromPort: number): boolean => {
  if (packet.length < HEADER) return false;
  if (isOldRequest(packet, fromPort)) return packet.length === HEADER;
  if (modeOf(packet) !== CLIENT || versionOf(packet) < 1 || versionOf(packet) > 4) return false;
  return versionOf(packet) === 4 ? areFields(packet.subarray(HEADER)) : packet.length === HEADER;
};

/** RFC 7822 §7.5.1: fields of at least 16 octets, the last one, as no MAC follows, of at least 28; all multiples of 4. */
const areFields = (rest: Buffer): boolean => {
  let at = 0;
  let size = 28;
  while (at < rest.length) {
    if (rest.length - at < 4) return false;
    size = rest.readUInt16BE(at + 2);
    if (size < 16 || size % 4 !== 0 || size > rest.length - at) return false;
    at += size;
  }
  return size >= 28;
};

/** RFC 8915 §5: whoever knows these may refuse what is not as it should be, without a word. */
const hasNtsField = (packet: Buffer): boolean => fieldTypesOf(packet).some((type) => NTS_FIELDS.includes(type));

/** Of a packet whose fields are as they should be. */
const fieldTypesOf = (packet: Buffer): readonly number[] => {
  const types: number[] = [];
  for (let at = HEADER; at < packet.length; at += packet.readUInt16BE(at + 2)) types.push(packet.readUInt16BE(at));
  return types;
};

/** @param sealed - requests that the server can tell the makers of, by NTS or by a MAC: it has no other reason to seal or sign. */
export const mustBeAnswered = (packet: Buffer, fromPort: number, sealed: readonly Buffer[] = []): boolean => {
  if (sealed.some((one) => one.equals(packet))) return true;
  const isPlain = isRequest(packet, fromPort) && modeOf(packet) === CLIENT && packet.length <= FITS_ANY_LINK;
  return isPlain && (sealed.length === 0 || versionOf(packet) < 4 || !hasNtsField(packet));
};

/** Nothing behind the header, or a unique identifier alone, which anybody can say back: RFC 8915 §5.3. */
const isUnauthenticated = (reply: Buffer): boolean =>
  reply.length === HEADER ||
  (reply.length >= HEADER + 4 &&
    reply.readUInt16BE(HEADER) === UNIQUE_IDENTIFIER &&
    reply.readUInt16BE(HEADER + 2) === reply.length - HEADER);

/** What follows an NTS authenticator nobody has sealed, and it changes nothing: RFC 8915 §5.7. */
const isAuthentic = (request: Buffer, sealed: readonly Buffer[]): boolean =>
  sealed.some(
    (one) =>
      one.equals(request) ||
      (isRequest(one, 0) && request.length > one.length && one.equals(request.subarray(0, one.length))),
  );

/** @returns what is wrong with a reply, or undefined. @param sealed - as above. */
export const faultOf = (
  reply: Buffer,
  request: Buffer,
  fromPort: number,
  sealed: readonly Buffer[] = [],
): string | undefined => {
  const mayBeSealed = isAuthentic(request, sealed);
  if (!isRequest(request, fromPort) && !mayBeSealed) return 'a reply to what is no request';
  if (reply.length < HEADER || reply.length > request.length) return `a reply of ${reply.length} octets`;
  if (sealed.length > 0 && mayBeSealed === isUnauthenticated(reply))
    return `a reply that ${mayBeSealed ? 'does not authenticate' : 'authenticates'} itself`;
  if (modeOf(reply) !== SERVER || versionOf(reply) !== versionOf(request)) return `a reply that begins ${reply[0]}`;
  const origin = reply.subarray(ORIGIN, ORIGIN + 8);
  const isTold = [TRANSMIT, RECEIVE].some((at) => origin.equals(request.subarray(at, at + 8)));
  return isTold ? undefined : 'a reply with another origin';
};
