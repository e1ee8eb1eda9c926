/** The replies of a batch, from when they are made until they leave: the last words in them say when that is. */
import { ROOT_DISPERSION, TRANSMIT } from './reply-words.ts';
import { DISTANCE, FRACTION, newTold, SECONDS, type ServedLine, tell } from './served-line.ts';
import { BY_MAC, type ServerAuthentication } from './server-authentication.ts';

export type Leaving = {
  /** Before the first of a batch. */
  readonly clear: () => void;
  /**
   * @param at - where the reply is.
   * @param hasStamp - its transmit timestamp is of another reply.
   * @param distance - how far off its receipt is at most, ns; −1: it says nothing of time.
   * @param method - by which it is to be authenticated.
   * @returns its place among those under way.
   */
  readonly add: (at: number, hasStamp: boolean, distance: number, method: number) => number;
  readonly isToSeal: () => boolean;
  readonly seal: (replies: DataView, seconds: number, nanos: number) => void;
  readonly leave: (replies: DataView, seconds: number, nanos: number) => void;
};

/** 2^-16 s in ns. */
const SHORT_UNIT = 1e9 / 2 ** 16;

export const newLeaving = (line: ServedLine, authentication: ServerAuthentication, mostAtOnce: number): Leaving => {
  const told = newTold();
  /** ~ where those are that have their stamp. */
  const starts = new Int32Array(mostAtOnce);
  const distances = new Float64Array(mostAtOnce);
  const methods = new Uint8Array(mostAtOnce);
  let count = 0;
  let toSeal = 0;

  /** Writes what `told` says. @returns where the reply is. */
  const stamp = (place: number, replies: DataView): number => {
    const hasStamp = starts[place]! < 0;
    const at = hasStamp ? ~starts[place]! : starts[place]!;
    if (distances[place]! >= 0) {
      // The interval only widens or is slewed in between: the farther of both ends bounds all of it. Half of the root
      // delay and the dispersion together reach there, rounded up.
      const farther = Math.max(distances[place]!, told[DISTANCE]!);
      const dispersion = Math.ceil(farther / SHORT_UNIT - line.rootDelay / 2);
      replies.setUint32(at + ROOT_DISPERSION, Math.min(Math.max(dispersion, 0), 0xffff_ffff));
    }
    if (hasStamp) return at;
    replies.setUint32(at + TRANSMIT, told[SECONDS]!);
    replies.setUint32(at + TRANSMIT + 4, told[FRACTION]! & ~1);
    return at;
  };

  return {
    clear: () => {
      count = 0;
      toSeal = 0;
    },
    add: (at, hasStamp, distance, method) => {
      starts[count] = hasStamp ? ~at : at;
      distances[count] = distance;
      methods[count] = method;
      if (method >= BY_MAC) toSeal++;
      return count++;
    },
    isToSeal: () => toSeal > 0,
    seal: (replies, seconds, nanos) => {
      tell(line, seconds, nanos, told);
      for (let place = 0; place < count; place++) {
        const method = methods[place]!;
        if (method >= BY_MAC) authentication.seal(method, place, replies, stamp(place, replies));
      }
    },
    leave: (replies, seconds, nanos) => {
      tell(line, seconds, nanos, told);
      for (let place = 0; place < count; place++) if (methods[place]! < BY_MAC) stamp(place, replies);
    },
  };
};
