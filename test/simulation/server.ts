/** An NTP server in the simulation: a clock with an error it may or may not admit, behind a path with a delay. */
import { after, milliseconds, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { decodePacket, encodePacket, type NtpPacket, SERVER_MODE } from '../../ntp-gateway/wire/ntp-packet.ts';
import { ntpFromUnix } from '../../ntp-gateway/wire/ntp-timestamp.ts';
import type { Dice } from '../support/dice.ts';

type Reply = { readonly bytes: Uint8Array; readonly delay: Nanos; readonly stranger?: boolean };

export type SimulatedServer = {
  /** How long a request takes to come in; undefined where it is lost. */
  readonly travel: (dice: Dice, now: UnixNanos) => Nanos | undefined;
  /** The replies to one request, each with the time that it takes back. */
  readonly answer: (request: Uint8Array, now: UnixNanos, dice: Dice) => readonly Reply[];
};

type ServerOptions = {
  /** Its clock less true time; may depend on true time. */
  readonly error?: (now: UnixNanos) => Nanos;
  /** The least time on each way, and the mean of what queues add to it. */
  readonly there?: Nanos;
  readonly back?: Nanos;
  readonly queue?: Nanos;
  readonly loss?: number;
  readonly isUp?: (now: UnixNanos) => boolean;
  /** Fields of the reply that differ from an honest stratum 1's. */
  readonly says?: Partial<NtpPacket>;
  /** What goes back in place of the reply. */
  readonly replies?: (reply: NtpPacket, delay: Nanos) => readonly Reply[];
};

export const makeServer = (options: ServerOptions = {}): SimulatedServer => {
  const { error = () => nanos(0), queue = milliseconds(0.2), loss = 0, isUp = () => true } = options;
  const { there = milliseconds(5), back = milliseconds(5), replies = asTheyAre } = options;
  const delayed = (base: Nanos, dice: Dice): Nanos => nanos(base + queue * dice.exponential());
  return {
    travel: (dice, now) => (isUp(now) && dice.fraction() >= loss ? delayed(there, dice) : undefined),
    answer: (request, now, dice) => {
      const asked = decodePacket(request);
      if (!asked.ok || dice.fraction() < loss) return [];
      const time = after(now, error(now));
      const reply: NtpPacket = {
        leap: 'none',
        version: asked.value.version,
        mode: SERVER_MODE,
        stratum: 1,
        poll: asked.value.poll,
        precision: -24,
        rootDelay: nanos(0),
        rootDispersion: milliseconds(0.1),
        referenceId: 0x47505300, // GPS
        referenceTimestamp: ntpFromUnix(after(time, seconds(-10))),
        originTimestamp: asked.value.transmitTimestamp,
        receiveTimestamp: ntpFromUnix(time),
        transmitTimestamp: ntpFromUnix(after(time, nanos(20_000))),
        extensions: [],
        ...options.says,
      };
      return replies(reply, nanos(20_000 + delayed(back, dice)));
    },
  };
};

const asTheyAre = (reply: NtpPacket, delay: Nanos): readonly Reply[] => [{ bytes: encodePacket(reply), delay }];
