/** What happens to an association, what it wants done, and what it counts. */
import type { MonoNanos, UnixNanos } from '#contract/time.ts';
import type { PacketRefusal } from '../wire/ntp-packet.ts';
import type { AuthenticationRefusal } from './authentication.ts';
import type { KeyOutcome } from './keys.ts';
import type { Measurement, ReplyRefusal } from './reply.ts';

export type AssociationEvent =
  /** The timer that was asked for has fired; also the very first event. Nonces: 64 random bits, never 0. `jitter`: uniform in [0, 1). */
  | {
      readonly kind: 'due';
      readonly now: MonoNanos;
      readonly nonce: bigint;
      /** For interleaved mode. */
      readonly secondNonce: bigint;
      readonly jitter: number;
    }
  /** `at` was read just before the request was handed to the socket. */
  | { readonly kind: 'sent'; readonly at: MonoNanos }
  | { readonly kind: 'send-failed'; readonly now: MonoNanos }
  /** `approximately`: any clock's time, for the era alone. `fromServer`: its address and port are those that we asked. */
  | {
      readonly kind: 'datagram';
      readonly receivedAt: MonoNanos;
      readonly approximately: UnixNanos;
      readonly bytes: Uint8Array;
      readonly fromServer: boolean;
      /** Of a server that is to authenticate itself, as in `ports.ts`. */
      readonly authentication?: 'authentic' | AuthenticationRefusal;
      readonly cookies?: number;
    }
  /** What became of the key exchange that was asked for. `jitter`: uniform in [0, 1). */
  | { readonly kind: 'keys'; readonly now: MonoNanos; readonly jitter: number; readonly outcome: KeyOutcome };

export type AssociationRefusal = 'unsolicited' | 'wrong-server' | PacketRefusal | AuthenticationRefusal | ReplyRefusal;

export type AssociationAction =
  /** From a new socket on a random port (RFC 9109); the one before is closed. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Listen no longer. */
  | { readonly kind: 'close' }
  /** Answered by `keys`, whatever comes of it. */
  | { readonly kind: 'exchange-keys' }
  /** The only timer: this one replaces the one before. */
  | { readonly kind: 'wake'; readonly at: MonoNanos }
  /** Once it was learnt, `settle` says when to wake. */
  | { readonly kind: 'measured'; readonly measurement: Measurement }
  | { readonly kind: 'dropped'; readonly reason: AssociationRefusal };

export type AssociationCounter =
  | 'sent'
  | 'send-failed'
  | 'timeout'
  | 'measured'
  | 'interleaved'
  | 'key-exchange'
  | AssociationRefusal;
