/** What we ask a server with. */
import { type MonoNanos, nanos } from '#contract/time.ts';
import { CLIENT_MODE, encodePacket, NEWEST_VERSION } from '../wire/ntp-packet.ts';
import { type NtpTimestamp, UNKNOWN_TIMESTAMP } from '../wire/ntp-timestamp.ts';
import type { Interleaved } from './interleave.ts';

export type Question = {
  /** Goes out as the transmit timestamp: it leaks no clock, and who did not see it must guess 64 bits. */
  readonly nonce: NtpTimestamp;
  /** t1: never later than the true departure, or the exchange would say too much. */
  readonly sentAt: MonoNanos;
  /** Where an answer in interleaved mode is welcome too. */
  readonly interleaved?: Interleaved;
};

/** Says what a server needs and nothing that tells one client from another: draft-ietf-ntp-data-minimization-04. */
export const encodeQuestion = (
  { nonce, interleaved }: Pick<Question, 'nonce' | 'interleaved'>,
  poll: number,
): Uint8Array<ArrayBuffer> =>
  encodePacket({
    leap: 'none',
    version: NEWEST_VERSION,
    mode: CLIENT_MODE,
    stratum: 0,
    poll,
    precision: 32,
    rootDelay: nanos(0),
    rootDispersion: nanos(0),
    referenceId: 0,
    referenceTimestamp: UNKNOWN_TIMESTAMP,
    originTimestamp: interleaved?.before.receiveTimestamp ?? UNKNOWN_TIMESTAMP,
    receiveTimestamp: interleaved?.nonce ?? UNKNOWN_TIMESTAMP,
    transmitTimestamp: nonce,
    extensions: [],
  });
