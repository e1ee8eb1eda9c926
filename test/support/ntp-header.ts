/** An NTP packet's header, read by hand: for tests that must not trust the project's own codec. RFC 5905 §7.3. */
export const readHeader = (packet: Buffer) => ({
  leap: packet.readUInt8(0) >> 6,
  version: (packet.readUInt8(0) >> 3) & 0b111,
  mode: packet.readUInt8(0) & 0b111,
  stratum: packet.readUInt8(1),
  /** Seconds. */
  rootDelay: packet.readUInt32BE(4) / 2 ** 16,
  rootDispersion: packet.readUInt32BE(8) / 2 ** 16,
  originTimestamp: packet.readBigUInt64BE(24),
  transmitTimestamp: packet.readBigUInt64BE(40),
});

/** LI 3: the server says that it does not know the time. */
export const UNSYNCHRONIZED = 3;
