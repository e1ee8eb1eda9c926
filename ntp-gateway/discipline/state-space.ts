/** The arithmetic of a Kalman filter over the four unknowns of hypothesis.ts: as it goes on, and as it is corrected. */
import { truncate } from './truncated-normal.ts';

export type StateSpace = {
  /** Offset (ns, theirs less ours), its rate (ns/s), floor there, floor back (ns). */
  readonly state: number[];
  /** Of those four, by rows. */
  readonly covariance: number[];
};

export const OFFSET = 0;
const RATE = 1;
export const FLOORS = [2, 3] as const;
/** By which sign the offset stands in the delay there and back. */
const SIGNS = [1, -1] as const;
export const N = 4;
export type Way = 0 | 1;
export const WAYS = [0, 1] as const;

/**
 * The state `seconds` ≥ 0 later: x' = x + y·t; a random walk of y adds q²·[t³/3, t²/2; t²/2, t], `wander` being q, ns/s
 * per √s. In place.
 */
export const predict = ({ state, covariance: p }: StateSpace, wander: number, seconds: number): void => {
  state[OFFSET]! += state[RATE]! * seconds;
  for (let j = 0; j < N; j++) p[j]! += seconds * p[N + j]!;
  for (let i = 0; i < N; i++) p[i * N]! += seconds * p[i * N + 1]!;
  const q = wander * wander;
  p[0]! += (q * seconds ** 3) / 3;
  p[1]! += (q * seconds ** 2) / 2;
  p[4]! += (q * seconds ** 2) / 2;
  p[5]! += q * seconds;
};

/** Scratch: the covariance of the four with what is being corrected by. Filled and used within one call from outside. */
const column: number[] = [0, 0, 0, 0];

/** @returns the variance of u = ±offset + floor, the delay there or back without its queue; ns². */
export const project = ({ covariance: p }: StateSpace, way: Way): number => {
  const [sign, floor] = [SIGNS[way], FLOORS[way]];
  for (let i = 0; i < N; i++) column[i] = sign * p[i * N]! + p[i * N + floor]!;
  return Math.max(sign * column[0]! + column[floor]!, 1e-6);
};

export const expected = ({ state }: StateSpace, way: Way): number => SIGNS[way] * state[OFFSET]! + state[FLOORS[way]]!;

/** What was learnt of u = ±offset + floor: the state goes by `push`, the covariance by `shrink`, per unit of covariance with u. */
export const correct = (space: StateSpace, way: Way, push: number, shrink: number): void => {
  project(space, way);
  apply(space, push, shrink);
};

const apply = ({ state, covariance: p }: StateSpace, push: number, shrink: number): void => {
  for (let i = 0; i < N; i++) {
    state[i]! += column[i]! * push;
    for (let j = 0; j < N; j++) p[i * N + j]! -= column[i]! * column[j]! * shrink;
  }
};

/** Less of a normal distribution than what lies a standard deviation out is not worth cutting off. */
const WORTH_CUTTING = 1;

/** What is known to be at most `limit`, ±state[index]: the part of the distribution beyond it goes. In place. */
export const cutOff = (space: StateSpace, index: number, sign: 1 | -1, limit: number): void => {
  const { state, covariance: p } = space;
  const variance = p[index * N + index]!;
  const deviation = Math.sqrt(Math.max(0, variance));
  const mean = sign * state[index]!;
  if (limit - mean >= WORTH_CUTTING * deviation) return;
  const { depth, kept } = truncate((limit - mean) / deviation);
  const push = (sign * (limit - depth * deviation - mean)) / variance;
  const shrink = (1 - kept) / variance;
  for (let i = 0; i < N; i++) column[i] = p[i * N + index]!;
  apply(space, push, shrink);
};
