/** An NTP server in the simulation: a clock with an error it may or may not admit, behind a path. */
import { after, between, milliseconds, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { decodePacket, encodePacket, type NtpPacket, SERVER_MODE } from '../../ntp-gateway/wire/ntp-packet.ts';
import { ntpFromUnix } from '../../ntp-gateway/wire/ntp-timestamp.ts';
import type { Dice } from '../support/dice.ts';
import type { Oscillator } from './oscillator.ts';
import { makePath, type PathOptions, type Way } from './path.ts';

type Reply = { readonly bytes: Uint8Array; readonly delay: Nanos; readonly stranger?: boolean };

export type SimulatedServer = {
  /** How long a request takes to come in. */
  readonly travel: Way;
  /** The replies to one request, each with the time that it takes back. */
  readonly answer: (request: Uint8Array, now: UnixNanos, dice: Dice) => readonly Reply[];
};

/** A clock less true time, by true time. */
export type ClockError = (now: UnixNanos) => Nanos;

type ServerOptions = PathOptions & {
  readonly error?: ClockError;
  /** Fields of the reply that differ from an honest stratum 1's. */
  readonly says?: Partial<NtpPacket>;
  /** `burst` requests at once, and one more each `interval`: what comes faster is told so, RFC 5905 §7.4. */
  readonly limit?: { readonly interval: Nanos; readonly burst: number };
  /** What goes back in place of the reply. */
  readonly replies?: (reply: NtpPacket, delay: Nanos) => readonly Reply[];
};

const PROCESSING = nanos(20_000);
/** RFC 5905 §7.4: LI 3, stratum 0, and the code in place of the reference id. */
const RATE = { leap: 'unknown', stratum: 0, referenceId: 0x52415445 } as const;

export const makeServer = (options: ServerOptions = {}): SimulatedServer => {
  const { error = () => nanos(0), replies = asTheyAre, limit } = options;
  const path = makePath(options);
  const isTooFast = limit ? makeBucket(limit.interval, limit.burst) : () => false;
  return {
    travel: path.there,
    answer: (request, now, dice) => {
      const asked = decodePacket(request);
      if (!asked.ok) return [];
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
        transmitTimestamp: ntpFromUnix(after(time, PROCESSING)),
        extensions: [],
        ...options.says,
        ...(isTooFast(now) && RATE),
      };
      return path.back(dice, now).flatMap((delay) => replies(reply, nanos(PROCESSING + delay)));
    },
  };
};

/** Another host of the simulation as a server. @param ask - that host's answer to a request. */
export const makePeer = (
  ask: (request: Uint8Array) => Uint8Array | undefined,
  options: PathOptions = {},
): SimulatedServer => {
  const path = makePath(options);
  return {
    travel: path.there,
    answer: (request, now, dice) => {
      const bytes = ask(request);
      return bytes ? path.back(dice, now).map((delay) => ({ bytes, delay })) : [];
    },
  };
};

const asTheyAre = (reply: NtpPacket, delay: Nanos): readonly Reply[] => [{ bytes: encodePacket(reply), delay }];

/** A token for each request; a bucket that starts full. */
const makeBucket = (interval: Nanos, burst: number): ((now: UnixNanos) => boolean) => {
  let [tokens, last] = [burst, undefined as UnixNanos | undefined];
  return (now) => {
    if (last !== undefined) tokens = Math.min(burst, tokens + between(last, now) / interval);
    last = now;
    if (tokens < 1) return true;
    tokens--;
    return false;
  };
};

/** Fast or slow from `from` on. @param rate - a ratio: 1e-6 gains 1 µs each second. */
export const drifting =
  (rate: number, from: UnixNanos): ClockError =>
  (now) =>
    nanos(rate * Math.max(0, between(from, now)));

/** Set off bit by bit, as servers do around a leap second, and left so. */
export const smearing =
  (from: UnixNanos, length: Nanos, by: Nanos): ClockError =>
  (now) =>
    nanos(by * Math.min(1, Math.max(0, between(from, now) / length)));

/** A clock that follows an oscillator of its own. */
export const freeRunning =
  ({ lost }: Oscillator, start: UnixNanos): ClockError =>
  (now) =>
    nanos(-lost(between(start, now)));
