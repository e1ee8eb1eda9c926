/**
 * Interleaved mode, RFC 9769 §2, the client's side. A server knows when a reply left only after it has left, so the reply
 * after it says so: it completes the exchange before its own.
 */
import type { MonoNanos, Nanos } from '#contract/time.ts';
import type { NtpPacket } from '../wire/ntp-packet.ts';
import type { NtpTimestamp } from '../wire/ntp-timestamp.ts';

/** An exchange that ended in an accepted reply. */
export type Answered = Pick<
  NtpPacket,
  'leap' | 'receiveTimestamp' | 'transmitTimestamp' | 'rootDelay' | 'rootDispersion'
> & {
  readonly t1: MonoNanos;
  readonly t4: MonoNanos;
  /** Its reply completed the one before: this one has yet to be measured. */
  readonly isOpen: boolean;
};

/** What a request says so that the reply to it may be interleaved. */
export type Interleaved = {
  /** The exchange to complete; its server's receive timestamp goes out as the origin. */
  readonly before: Answered;
  /** Goes out as the receive timestamp, in place of t4 of `before`, and comes back as the origin of an interleaved reply. */
  readonly nonce: NtpTimestamp;
};

/** The last four requests, in a register such as `reach`. A server that answered none of them may have forgotten us. */
const LATELY = 0b1111;

/** @param reach - RFC 5905 §9.2, before it makes room for this request. */
export const interleavedAfter = (
  before: Answered | undefined,
  reach: number,
  nonce: NtpTimestamp,
): Interleaved | undefined => (before && (reach & LATELY) !== 0 ? { before, nonce } : undefined);

/** All that is known of one exchange, its receive timestamp being t2 and its transmit timestamp t3. */
export type Completed = Omit<Answered, 'isOpen'>;

/**
 * The exchange before, by a reply in interleaved mode. RFC 9769 §2 lets the client pair the stamps in two ways; in this
 * one all four are of one exchange, and so its round trip is a round trip. Root delay and dispersion are the larger. What
 * was announced then still counts: a reply after a leap second does not say that one before it was measured after it.
 */
export const completeBefore = ({ before }: Interleaved, reply: NtpPacket): Completed => ({
  ...before,
  transmitTimestamp: reply.transmitTimestamp,
  rootDelay: Math.max(before.rootDelay, reply.rootDelay) as Nanos,
  rootDispersion: Math.max(before.rootDispersion, reply.rootDispersion) as Nanos,
});
