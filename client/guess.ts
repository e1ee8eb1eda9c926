/**
 * The best guess of true time: a line against the monotonic clock. Lengths, readings and Unix times in ms.
 *
 * What varies of a delay is never negative. So what an answer told was over when it came, and had not begun when its question left:
 * two clouds of points, and true time between them. Nothing here can tell which way takes longer; so the guess is the middle of
 * the widest gap that parts the clouds, whatever the slope of that is: by so much this clock runs slow.
 */

import { DRIFT } from './corridor.ts';

/** What an answer told, somewhere between its question and itself. */
export type Sighting = { readonly sent: number; readonly time: number; readonly received: number };

/** True time − the monotonic clock: `apart` as that reads `at`, and `rate` more with each ms. */
export type Guess = {
  readonly sightings: readonly Sighting[];
  readonly at: number;
  readonly apart: number;
  readonly rate: number;
};

/** A quarter of an hour of them, where questions come by fours each 64 s. */
const MOST_SIGHTINGS = 64;
/** By how much the rate of a quartz changes, as it gets warm: it lets old answers go. */
const WANDER = 5e-6;
/** So far apart must the points be that a rate is read from: out of the jitter of one burst comes any. */
const BASELINE = 40_000;
/** An edge's clock counts whole ms, and it tells the middle of one: two answers may disagree by that much, and both be good. */
const EDGE_STEP = 1;
/** Of the search, which leaves two thirds each time: to 0.01 ppm. */
const STEPS = 30;

export const guessAt = ({ at, apart, rate }: Guess, mono: number): number => apart + (mono - at) * rate;

export const guessAgain = (earlier: Guess | undefined, sighting: Sighting): Guess =>
  lineThrough([...(earlier?.sightings ?? []), sighting].slice(-MOST_SIGHTINGS), sighting.received);

const lineThrough = (sightings: readonly Sighting[], at: number): Guess => {
  const gapWith = (rate: number) => {
    const low = Math.max(...sightings.map((one) => one.time - one.received + (at - one.received) * (rate - WANDER)));
    const high = Math.min(...sightings.map((one) => one.time - one.sent + (at - one.sent) * (rate + WANDER)));
    return { width: high - low, apart: (low + high) / 2 };
  };
  const worth = (rate: number): number => gapWith(rate).width - BASELINE * Math.abs(rate);
  // Concave, so that thirds close in on its highest point.
  let [rate, most] = [-DRIFT, DRIFT];
  for (let step = 0; step < STEPS; step++) {
    const third = (most - rate) / 3;
    if (worth(rate + third) < worth(most - third)) rate += third;
    else most -= third;
  }
  const { width, apart } = gapWith(rate);
  // This clock was slewed, or a way has become quicker: what is oldest holds no more.
  const holds = width >= -EDGE_STEP || sightings.length === 1;
  return holds ? { sightings, at, apart, rate } : lineThrough(sightings.slice(1), at);
};
