/** What clients ask, and whether what they hear is a server's reply to it. */
import { existsSync, readFileSync } from 'node:fs';

export type Requests = {
  readonly size: number;
  /**
   * Writes a client's next request at `at`.
   *
   * @param client - below 2^24.
   * @param serial - 32 bits: of this request alone.
   * @returns by what `judge` will know its reply: `serial`, where the request can carry it.
   */
  readonly write: (to: DataView, at: number, client: number, serial: number) => number;
  /**
   * @returns what `write` said of the request that it answers.
   * @throws where it is not a synchronized server's reply: anything else is not what is to be measured.
   */
  readonly judge: (from: DataView, at: number, length: number) => number;
  /** How many replies were interleaved. */
  readonly interleaved: () => number;
};

const HEADER = 48;
const [ORIGIN, RECEIVE, TRANSMIT] = [24, 32, 40];
/** RFC 5905 §7.3: LI 0, version, mode 3. */
const [V3, V4] = [0x1b, 0x23];
const CLIENT = 0xff_ffff;
/** Above the client's number: which of a request's two stamps it is that the reply has as its origin. */
const OF_RECEIVE = 1 << 30;

const header = (first: number): Uint8Array => Uint8Array.of(first, ...new Array<number>(HEADER - 1).fill(0));

/**
 * @param what - basic, v3, interleaved; or a recorded packet: a file, or its octets in hexadecimal.
 * @param sealed - how many packets that file holds, one behind the other, if they are sent as they are.
 */
export const requestsFor = (what: string, clients: number, sealed = 0): Requests => {
  if (sealed > 0) return asTheyAre(readFileSync(what), sealed);
  if (what === 'basic') return plain(header(V4));
  if (what === 'v3') return plain(header(V3));
  if (what === 'interleaved') return interleaved(clients);
  const recorded = existsSync(what) ? readFileSync(what) : Buffer.from(what, 'hex');
  if (recorded.length < HEADER) throw new RangeError(`${what}: no kind of request, no file, no packet in hexadecimal`);
  return plain(recorded);
};

/** The packet as it is, but for its transmit timestamp, by which its reply is known. */
const plain = (packet: Uint8Array): Requests => ({
  size: packet.length,
  write: (to, at, client, serial) => {
    for (let i = 0; i < packet.length; i++) to.setUint8(at + i, packet[i]!);
    to.setInt32(at + TRANSMIT, client);
    to.setInt32(at + TRANSMIT + 4, serial);
    return serial;
  },
  judge: (from, at, length) => {
    check(from, at, length, packet[0]!);
    return from.getInt32(at + ORIGIN + 4);
  },
  interleaved: () => 0,
});

/** Each client has one of them; known by the second half of its transmit timestamp. */
const asTheyAre = (packets: Buffer, count: number): Requests => {
  const size = packets.length / count;
  const words = Int32Array.from({ length: packets.length / 4 }, (_, i) => packets.readInt32BE(4 * i));
  const wordsOfOne = size / 4;
  return {
    size,
    write: (to, at, client) => {
      const first = (client % count) * wordsOfOne;
      for (let i = 0; i < wordsOfOne; i++) to.setInt32(at + 4 * i, words[first + i]!);
      return words[first + (TRANSMIT + 4) / 4]!;
    },
    judge: (from, at, length) => {
      check(from, at, length, V4);
      if (length !== size) throw new Error(`a reply of ${length} octets to a request of ${size}`);
      return from.getInt32(at + ORIGIN + 4);
    },
    interleaved: () => 0,
  };
};

/** RFC 9769 §2: the server's last receive timestamp as origin, two stamps of ours that differ, and either may come back. */
const interleaved = (clients: number): Requests => {
  const heard = new Int32Array(2 * clients);
  let count = 0;
  return {
    size: HEADER,
    write: (to, at, client, serial) => {
      to.setUint8(at, V4);
      to.setInt32(at + ORIGIN, heard[2 * client]!);
      to.setInt32(at + ORIGIN + 4, heard[2 * client + 1]!);
      to.setInt32(at + RECEIVE, client | OF_RECEIVE);
      to.setInt32(at + RECEIVE + 4, serial);
      to.setInt32(at + TRANSMIT, client);
      to.setInt32(at + TRANSMIT + 4, serial);
      return serial;
    },
    judge: (from, at, length) => {
      check(from, at, length, V4);
      const origin = from.getInt32(at + ORIGIN);
      if (origin & OF_RECEIVE) count++;
      heard[2 * (origin & CLIENT)] = from.getInt32(at + RECEIVE);
      heard[2 * (origin & CLIENT) + 1] = from.getInt32(at + RECEIVE + 4);
      return from.getInt32(at + ORIGIN + 4);
    },
    interleaved: () => count,
  };
};

/** Mode 4 where the request had mode 3, the version the same; the leap indicator tells that it knows the time. */
const check = (from: DataView, at: number, length: number, asked: number): void => {
  const first = from.getUint8(at);
  if (length >= HEADER && (first & 0x3f) === (asked & 0x38) + 4 && first >> 6 !== 3 && from.getUint8(at + 1) !== 0)
    return;
  const octets = Array.from({ length: Math.min(length, HEADER) }, (_, i) => from.getUint8(at + i));
  throw new Error(`this does not tell the time: ${Buffer.from(octets).toString('hex')}`);
};
