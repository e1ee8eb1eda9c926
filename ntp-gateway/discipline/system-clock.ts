/**
 * The host's clock, led to ours: off unless the operator asks. The virtual clock rests on the bare oscillator, which none of
 * this touches, so nothing feeds back. Once a second the kernel is read, and what is wanted is written where it differs: as
 * long as nobody else writes there.
 */
import type { Result } from '#contract/result.ts';
import { after, between, type MonoNanos, type Nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { SystemClockConfig } from '../config.ts';
import type { HostReading } from '../protocol/reference-clock.ts';
import type { Clock } from './clock.ts';
import { isAbandoned, touched, type Watch, type Written, watch } from './clock-owner.ts';
import {
  FREQ_REACH,
  type KernelChange,
  type KernelClock,
  type KernelRefusal,
  rateOf,
  settingFor,
  writable,
} from './kernel-clock.ts';
import { isNews, misunderstood, wordsFor } from './kernel-words.ts';
import { type Beside, compare, isAmbiguous, type Steering, steer } from './steering.ts';

export type SystemClockWord =
  | 'off'
  | KernelRefusal
  /** Another program wrote what stands in the kernel, and may be there still. */
  | 'owned-by-another'
  /** We know no time: the host's clock runs on as it did. */
  | 'unsynchronized'
  | 'tracking'
  /** By more than the kernel's frequency reaches, because it is certainly off. */
  | 'slewing';

export type SystemClock = {
  readonly word: SystemClockWord;
  /** What was seen, or refused. */
  readonly detail?: string;
  /** Present: the clock is ours. */
  readonly written?: Written;
  readonly watch?: Watch;
  /** At the last tick, where sources vouched for our line. */
  readonly beside?: Beside;
  /** `at`: where it led to. */
  readonly lastStep?: { readonly at: UnixNanos; readonly by: Nanos; readonly now: MonoNanos };
  /** After a fault. */
  readonly retryAt?: MonoNanos;
};

export type KernelRead = Result<KernelClock, KernelRefusal>;

export type Write = {
  readonly kind: 'write';
  readonly change: KernelChange;
  /** The rate without a slew. */
  readonly base: number;
  /** The first: what others have left running ends before it. */
  readonly takesOver: boolean;
};

/** The first is answered by `written`. The second: what the next start is to know its own hand by. */
export type SystemClockAction = Write | { readonly kind: 'keep'; readonly written: Written };

export type SystemClockEvent =
  | (HostReading & {
      readonly kind: 'tick';
      readonly mode: SystemClockConfig;
      /** The last line that sources vouched for, unless they contradict each other by now. */
      readonly clock: Clock | undefined;
      /** Whether it may be spoken of: the host is led to it. */
      readonly isSynchronized: boolean;
      readonly kernel: KernelRead;
    })
  | (Pick<HostReading, 'now' | 'wall'> & {
      readonly kind: 'written';
      readonly write: Write;
      readonly kernel: KernelRead;
    })
  /** We end, or are told to let it be. */
  | { readonly kind: 'stop'; readonly kernel: KernelRead };
type On<Kind> = Extract<SystemClockEvent, { kind: Kind }>;
type Stepped = [SystemClock, SystemClockAction[]];

/** @param written - by an earlier run, in this boot of the host. */
export const newSystemClock = (written?: Written): SystemClock => ({ word: 'off', ...(written && { written }) });

export const stepSystemClock = (state: SystemClock, event: SystemClockEvent): Stepped => {
  if (event.kind === 'tick') return onTick(state, event);
  return event.kind === 'written' ? onWritten(state, event) : letGo(state, event.kernel);
};

const AGAIN = seconds(60);

const onTick = (state: SystemClock, event: On<'tick'>): Stepped => {
  const { now, kernel } = event;
  if (state.retryAt !== undefined && now < state.retryAt) return [state, []];
  if (!kernel.ok) return [failed(state, kernel, now), []];
  const { written, lastStep } = state;
  const done = lastStep && { lastStep };
  const detail = written && touched(written, kernel.value);
  if (written && detail === undefined) return follow({ written, ...done }, event, kernel.value);
  const watched = watch(state.watch, kernel.value, now);
  if (isAbandoned(watched, now)) return follow({ watch: watched, ...done }, event, kernel.value);
  const told = state.word === 'owned-by-another' ? state.detail : undefined;
  const why = detail ?? told ?? 'it was kept before this gateway came';
  return [{ word: 'owned-by-another', detail: why, watch: watched, ...done }, []];
};

/** The clock is ours, or nobody's. A step that did nothing is not tried each second. */
const follow = (before: Omit<SystemClock, 'word'>, event: On<'tick'>, seen: KernelClock): Stepped => {
  const { clock, isSynchronized, now, gap } = event;
  const { written, lastStep } = before;
  const mode = lastStep && between(lastStep.now, now) < AGAIN ? 'slew' : event.mode;
  const known = clock && { clock, beside: compare(clock, event) };
  const isLed = known && isSynchronized && !isAmbiguous(clock, known.beside, event);
  const base = clock?.frequency ?? written?.base;
  const steering = isLed
    ? steer(mode, clock, known.beside, gap)
    : base === undefined
      ? undefined
      : { base, rate: base };
  const word: SystemClockWord = isSynchronized ? wordFor(steering) : 'unsynchronized';
  const state = { ...before, word, ...(known && { beside: known.beside }) };
  if (!steering || !(isSynchronized || written)) return [state, []];
  const change = wordsFor(steering, known, event, seen);
  const write = { kind: 'write', change, base: steering.base, takesOver: !written } as const;
  return [state, isNews(change, written, seen) ? [write] : []];
};

const wordFor = (steering: Steering | undefined): 'tracking' | 'slewing' =>
  steering && Math.abs(steering.rate - steering.base) > FREQ_REACH ? 'slewing' : 'tracking';

const onWritten = (state: SystemClock, { now, wall, write, kernel }: On<'written'>): Stepped => {
  if (!kernel.ok) return [failed(state, kernel, now), []];
  const { tai: _, ...made } = kernel.value;
  const written = { ...made, base: write.base };
  const keep = { kind: 'keep', written } as const;
  if (state.word === 'off') return [state, [keep]];
  const { watch: __, ...others } = state;
  const by = write.change.step;
  const next = { ...others, written, ...(by !== undefined && { lastStep: { at: after(wall, by), by, now } }) };
  const fault = misunderstood(write.change, kernel.value);
  return [fault === undefined ? next : failed(next, { reason: 'failed', detail: fault }, now), [keep]];
};

const failed = (
  { beside: _, ...state }: SystemClock,
  { reason, detail = '' }: { readonly reason: KernelRefusal; readonly detail?: string },
  now: MonoNanos,
): SystemClock => ({ ...state, word: reason, detail, retryAt: after(now, AGAIN) });

/** Nobody would end a slew. What is said of the error grows by itself until somebody says otherwise. */
const letGo = ({ written }: SystemClock, kernel: KernelRead): Stepped => {
  const off = newSystemClock();
  if (!written || !kernel.ok || touched(written, kernel.value) !== undefined) return [off, []];
  const { status, maxError, estError } = kernel.value;
  if (rateOf(written) === rateOf(settingFor(written.base))) return [off, []];
  const change = { ...settingFor(written.base), status: writable(status), maxError, estError };
  return [off, [{ kind: 'write', change, base: written.base, takesOver: false }]];
};
