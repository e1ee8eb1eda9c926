/** What paths add to their least delay: laws of noise, and what they are made of. */
import { after, between, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import type { Dice } from '../support/dice.ts';

/** ns that one packet takes longer; a path is never quicker than 0, however negative it is. */
export type Noise = (dice: Dice, now: UnixNanos) => Nanos;

export const constant =
  (length: Nanos): Noise =>
  () =>
    length;
export const exponential =
  (mean: Nanos): Noise =>
  (dice) =>
    nanos(mean * dice.exponential());
/** Around 0: the only law here that knows packets quicker than the path's base. */
export const normal =
  (deviation: Nanos): Noise =>
  (dice) =>
    nanos(deviation * dice.normal());
/** Median: scale · (ln 2)^(1 / shape). */
export const weibull =
  (scale: Nanos, shape: number): Noise =>
  (dice) =>
    nanos(scale * dice.exponential() ** (1 / shape));
/** Lomax's form, which begins at 0. Median: scale · (2^(1 / shape) − 1); no mean at a shape of 1 or below. */
export const pareto =
  (scale: Nanos, shape: number): Noise =>
  (dice) =>
    nanos(scale * Math.expm1(dice.exponential() / shape));
/** Any of the delays that were measured somewhere. */
export const empirical =
  (delays: readonly Nanos[]): Noise =>
  (dice) =>
    delays[Math.floor(dice.fraction() * delays.length)]!;

export const sum =
  (...noises: readonly Noise[]): Noise =>
  (dice, now) =>
    nanos(noises.reduce((total, noise) => total + noise(dice, now), 0));
export const scaled =
  (noise: Noise, by: number): Noise =>
  (dice, now) =>
    nanos(by * noise(dice, now));
/** Now and then. */
export const spikes =
  (probability: number, size: Noise): Noise =>
  (dice, now) =>
    dice.fraction() < probability ? size(dice, now) : nanos(0);

/** Comes and goes, each time for a random while with these means: a neighbour on the same Wi-Fi channel. */
export const bursts = (on: Nanos, off: Nanos, noise: Noise): Noise => {
  let [isOn, until] = [true, undefined as UnixNanos | undefined];
  return (dice, now) => {
    until ??= now;
    for (; until <= now; until = after(until, nanos((isOn ? on : off) * dice.exponential()))) isOn = !isOn;
    return isOn ? noise(dice, now) : nanos(0);
  };
};

export type When = (now: UnixNanos) => boolean;
/** `noise` while it is time for it: a path that changes, a backup each night. */
export const during =
  (when: When, noise: Noise): Noise =>
  (dice, now) =>
    when(now) ? noise(dice, now) : nanos(0);
export const since =
  (from: UnixNanos): When =>
  (now) =>
    now >= from;
/** The first `on` of every `period` from `start` on. */
export const recurring =
  (start: UnixNanos, on: Nanos, period: Nanos): When =>
  (now) =>
    between(start, now) % period < on;

/** Each way its share of the noise: with 0.47 the way there has 97 % of it, as in chrony's simulation 011-asymjitter. */
export const asymmetric = (noise: Noise, asymmetry: number): { readonly there: Noise; readonly back: Noise } => ({
  there: scaled(noise, 0.5 + asymmetry),
  back: scaled(noise, 0.5 - asymmetry),
});
