/**
 * When replies really left, for interleaved mode (RFC 9769 §2, the server's side): known to the kernel once they have, and
 * told in the next reply. A reply is named by its receive timestamp. Bounded: of four that hash to the same, a newcomer
 * takes the place of the oldest, whose client gets a basic reply then.
 */
import { ORIGIN, RECEIVE, TRANSMIT } from './reply-words.ts';

export type Departures = {
  /** A reply with this receive timestamp, both words int32, is about to leave. */
  readonly expect: (seconds: number, fraction: number) => void;
  /** It left at this transmit timestamp. Nothing, where it is not expected any more. */
  readonly left: (seconds: number, fraction: number, transmitSeconds: number, transmitFraction: number) => void;
  /** Where that is kept, for `transmitSeconds` and `transmitFraction`; −1 where it is not known. */
  readonly find: (seconds: number, fraction: number) => number;
  readonly transmitSeconds: Int32Array;
  readonly transmitFraction: Int32Array;
  /** Time was stepped: what was said before is of another clock. */
  readonly forget: () => void;
};

/** Powers of two; 16 octets for each place. Ten thousand clients that come back within a minute keep all but one in 300. */
const SETS = 1 << 14;
const WAYS = 4;
const PLACES = SETS * WAYS;

export const newDepartures = (): Departures => {
  const receiveSeconds = new Int32Array(PLACES);
  const receiveFraction = new Int32Array(PLACES);
  const transmitSeconds = new Int32Array(PLACES);
  const transmitFraction = new Int32Array(PLACES);
  /** Of each set: which place was taken last. */
  const newest = new Uint8Array(SETS);

  const placeOf = (seconds: number, fraction: number): number => {
    const first = (mix(seconds, fraction) & (SETS - 1)) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      if (receiveFraction[place] === fraction && receiveSeconds[place] === seconds) return place;
    }
    return -1;
  };
  return {
    expect: (seconds, fraction) => {
      const set = mix(seconds, fraction) & (SETS - 1);
      const way = (newest[set]! + 1) & (WAYS - 1);
      newest[set] = way;
      const place = set * WAYS + way;
      receiveSeconds[place] = seconds;
      receiveFraction[place] = fraction;
      transmitSeconds[place] = 0;
      transmitFraction[place] = 0;
    },
    left: (seconds, fraction, leftSeconds, leftFraction) => {
      const place = placeOf(seconds, fraction);
      if (place < 0) return;
      transmitSeconds[place] = leftSeconds;
      transmitFraction[place] = leftFraction;
    },
    find: (seconds, fraction) => {
      const place = placeOf(seconds, fraction);
      return place >= 0 && (transmitSeconds[place] !== 0 || transmitFraction[place] !== 0) ? place : -1;
    },
    transmitSeconds,
    transmitFraction,
    forget: () => receiveFraction.fill(0), // no receive timestamp has an even fraction
  };
};

/**
 * Whether a request speaks interleaved mode: it names one of our receive timestamps, which are odd, and does not fill all its
 * own with the same.
 */
export const asksForDeparture = (requests: DataView, from: number): boolean =>
  (requests.getInt32(from + ORIGIN + 4) & 1) === 1 && !isSameTimestamp(requests, from + RECEIVE, from + TRANSMIT);

const isSameTimestamp = (view: DataView, a: number, b: number): boolean =>
  view.getInt32(a) === view.getInt32(b) && view.getInt32(a + 4) === view.getInt32(b + 4);

/** Receive timestamps come evenly enough: no client chooses them. */
const mix = (seconds: number, fraction: number): number => {
  const mixed = Math.imul(fraction ^ Math.imul(seconds, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
};
