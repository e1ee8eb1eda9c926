/** What drivers of reference clocks write, laid out by hand: for tests that must not trust the project's own readers. */

export type SockFields = {
  readonly seconds: bigint;
  readonly microseconds: bigint;
  readonly offset: number;
  readonly pulse?: number;
  readonly leap?: number;
  readonly magic?: number;
};

/** NTPsec's `driver_sock`: struct timeval, double, four ints. */
export const sockSample = ({ seconds, microseconds, offset, pulse = 0, leap = 0, magic = 0x534f434b }: SockFields) => {
  const bytes = Buffer.alloc(40);
  bytes.writeBigInt64LE(seconds, 0);
  bytes.writeBigInt64LE(microseconds, 8);
  bytes.writeDoubleLE(offset, 16);
  bytes.writeInt32LE(pulse, 24);
  bytes.writeInt32LE(leap, 28);
  bytes.writeInt32LE(0x7ad, 32); // padding may hold anything
  bytes.writeInt32LE(magic, 36);
  return new Uint8Array(bytes);
};

/** A stamp in ns is written in µs, rounded down. @param offset - true time less wall clock, in seconds. */
export const sockSampleAt = (wall: bigint, offset: number, others: Partial<SockFields> = {}) =>
  sockSample({ seconds: wall / 1_000_000_000n, microseconds: (wall % 1_000_000_000n) / 1_000n, offset, ...others });

export type ShmFields = {
  readonly mode?: number;
  readonly count?: number;
  /** ns; the parts below can be set apart from it. */
  readonly clock: bigint;
  readonly received: bigint;
  readonly clockNanos?: number;
  readonly receivedNanos?: number;
  readonly receivedMicros?: number;
  readonly leap?: number;
};

/** ntpd's `struct shmTime`, 96 bytes on a 64-bit host; `valid` is set. */
export const shmSegment = ({ mode = 1, count = 2, clock, received, leap = 0, ...parts }: ShmFields) => {
  const bytes = Buffer.alloc(96);
  bytes.writeInt32LE(mode, 0);
  bytes.writeInt32LE(count, 4);
  bytes.writeBigInt64LE(clock / 1_000_000_000n, 8);
  bytes.writeInt32LE(Number((clock % 1_000_000_000n) / 1_000n), 16);
  bytes.writeBigInt64LE(received / 1_000_000_000n, 24);
  bytes.writeInt32LE(parts.receivedMicros ?? Number((received % 1_000_000_000n) / 1_000n), 32);
  bytes.writeInt32LE(leap, 36);
  bytes.writeInt32LE(-1, 40); // precision
  bytes.writeInt32LE(3, 44); // samples
  bytes.writeInt32LE(1, 48);
  bytes.writeUInt32LE(parts.clockNanos ?? Number(clock % 1_000_000_000n), 52);
  bytes.writeUInt32LE(parts.receivedNanos ?? Number(received % 1_000_000_000n), 56);
  bytes.fill(0xee, 60);
  return new Uint8Array(bytes);
};

/** A copy of the segment, and the count after that. */
export const shmCopy = (fields: ShmFields, countAfter = fields.count ?? 2) => {
  const count = Buffer.alloc(4);
  count.writeInt32LE(countAfter);
  return new Uint8Array(Buffer.concat([shmSegment(fields), count]));
};
