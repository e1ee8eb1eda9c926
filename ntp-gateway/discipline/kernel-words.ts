/** What the kernel is to be told of its clock: rate and step, and how good it is, which programs ask with adjtimex(2). */
import { between, type Nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { HostReading } from '../protocol/reference-clock.ts';
import type { Clock } from './clock.ts';
import type { Written } from './clock-owner.ts';
import {
  type KernelChange,
  type KernelClock,
  LIMIT,
  STA_DEL,
  STA_INS,
  STA_UNSYNC,
  settingFor,
  writable,
} from './kernel-clock.ts';
import { endOfSeason } from './leap.ts';
import { type Beside, boundOf, isAmbiguous, type Steering } from './steering.ts';

/**
 * @param clock - the line that sources vouched for, and how the host's clock stands beside it; undefined where nothing is known.
 * @param seen - as it stands in the kernel: TAI is told where that differs.
 */
export const wordsFor = (
  { rate, step }: Omit<Steering, 'base'>,
  known: { readonly clock: Clock; readonly beside: Beside } | undefined,
  host: HostReading,
  seen: KernelClock,
): KernelChange => {
  const setting = settingFor(rate);
  if (!known) return { ...setting, status: STA_UNSYNC, maxError: LIMIT, estError: LIMIT };
  const { clock } = known;
  const beside = step === undefined ? known.beside : moved(known.beside, step);
  const maxError = micros(boundOf(beside));
  const tai = isAmbiguous(clock, known.beside, host) ? null : clock.leap.taiOffsetSeconds;
  return {
    ...setting,
    status: (maxError < LIMIT ? 0 : STA_UNSYNC) | leapBits(clock, host.wall),
    maxError,
    estError: micros(Math.abs(beside.offset) + beside.deviation),
    ...(tai !== null && tai !== seen.tai && { tai }),
    ...(step !== undefined && { step }),
  };
};

const moved = ({ offset, least, most, deviation }: Beside, step: Nanos): Beside =>
  ({ offset: offset - step, least: least - step, most: most - step, deviation }) as Beside;

const micros = (ns: number): number => Math.min(LIMIT, Math.ceil(ns / 1e3));

const DAY = seconds(86_400);

/** The kernel inserts or deletes at the end of the day that its own clock has, whichever that is. */
const leapBits = ({ server: { leap } }: Clock, wall: UnixNanos): number => {
  const end = endOfSeason(wall);
  if (end === undefined || between(wall, end) > DAY) return 0;
  return leap === 'insert' ? STA_INS : leap === 'delete' ? STA_DEL : 0;
};

/** 2^-16 ppm, 0.01 ppm: within the time constant of the slew that comes to 0.2 µs. */
const LEAST_CHANGE = 655;
/** µs by which the kernel may say too much, having let it grow by 500 each second. */
const STALE = 8_000;

/** Whether this is worth a word. What the kernel says of its error may be too much for a while, never too little. */
export const isNews = (wanted: KernelChange, written: Written | undefined, seen: KernelClock): boolean =>
  !written ||
  wanted.step !== undefined ||
  wanted.tai !== undefined ||
  wanted.tick !== written.tick ||
  Math.abs(wanted.freq - written.freq) > LEAST_CHANGE ||
  wanted.status !== writable(seen.status) ||
  wanted.maxError > seen.maxError ||
  seen.maxError > wanted.maxError + STALE;

/** What it made of a change, where that is something else: in words. */
export const misunderstood = (wanted: KernelChange, made: KernelClock): string | undefined => {
  const { freq, tick, status } = made;
  const isTaken = Math.abs(freq - wanted.freq) <= 1 && tick === wanted.tick && writable(status) === wanted.status;
  if (isTaken) return undefined;
  const told = `freq ${wanted.freq}, tick ${wanted.tick}, status ${wanted.status}`;
  return `told ${told}, the kernel has freq ${freq}, tick ${tick}, status ${writable(status)}`;
};
