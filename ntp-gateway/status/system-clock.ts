/** What an operator sees of the host's own clock where it is led to ours: JSON, one line of text, and lines of the log. */
import { type Nanos, nanos } from '#contract/time.ts';
import type { Change } from '../change.ts';
import { rateOf } from '../discipline/kernel-clock.ts';
import { boundOf } from '../discipline/steering.ts';
import type { SystemClock, SystemClockWord } from '../discipline/system-clock.ts';
import { boundMilliseconds, boundText, iso, lengthText, milliseconds, signedText } from './figures.ts';

/** @param discipline - as in the configuration. Undefined where the host's clock is let be. */
export const systemClockOf = (discipline: string | undefined, state: SystemClock) => {
  const { word, detail, beside, written, lastStep } = state;
  if (discipline === undefined) return undefined;
  return {
    discipline,
    state: word,
    reason: detail ?? null,
    /** As in `clock`: positive where the host's is fast; at the last second. `boundMs`: as far off as it may be. */
    hostOffsetMs: beside ? milliseconds(nanos(-beside.offset)) : null,
    boundMs: beside ? boundMilliseconds(nanos(boundOf(beside))) : null,
    /** By which the kernel runs it faster than its oscillator, and how much of that is slewed away. */
    frequencyPpm: written ? ppm(rateOf(written)) : null,
    slewPpm: written ? ppm(rateOf(written) - written.base) : null,
    lastStep: lastStep ? { at: iso(lastStep.at), byMs: milliseconds(lastStep.by) } : null,
  };
};

const ppm = (ratio: number): number => Math.round(ratio * 1e9) / 1e3;

export type SystemClockStatus = NonNullable<ReturnType<typeof systemClockOf>>;

export const systemClockText = (status: SystemClockStatus): string => {
  const { state, reason, hostOffsetMs, boundMs, frequencyPpm, slewPpm, lastStep } = status;
  return [
    `${status.discipline}: ${state}${reason === null ? '' : ` (${reason})`}`,
    ...(hostOffsetMs === null || boundMs === null
      ? []
      : [`${lengthText(Math.abs(hostOffsetMs))} ${hostOffsetMs < 0 ? 'slow' : 'fast'}, ${boundText(boundMs)} at most`]),
    ...(frequencyPpm === null ? [] : [`frequency ${frequencyPpm} ppm, ${slewPpm} ppm of it a slew`]),
    ...(lastStep ? [`stepped by ${signedText(lastStep.byMs)} at ${lastStep.at}`] : []),
  ].join('; ');
};

const REFUSALS: readonly SystemClockWord[] = [
  'no-raw-clock',
  'unsupported',
  'not-permitted',
  'failed',
  'owned-by-another',
];

/** One line for each change of state, and one for each step. */
export const systemClockChanges = (before: SystemClock, now: SystemClock): Change[] => {
  const { word: state, detail: reason, beside, lastStep } = now;
  const changes: Change[] = [];
  if (lastStep && lastStep !== before.lastStep) {
    const msg = `the system clock was stepped by ${signed(lastStep.by)}`;
    changes.push({ event: 'system-clock-step', level: 'warn', seconds: inSeconds(lastStep.by), msg });
  }
  if (state !== before.word) {
    const far = state === 'slewing' && beside ? `, slow by ${signed(beside.offset)}` : '';
    const level = REFUSALS.includes(state) ? 'warn' : 'info';
    const msg = `system clock: ${state}${reason ? `: ${reason}` : far}`;
    changes.push({ event: 'system-clock', level, state, ...(reason && { reason }), msg });
  }
  return changes;
};

const inSeconds = (length: Nanos): number => Math.round(length / 1e6) / 1e3;
const signed = (length: Nanos): string => `${length > 0 ? '+' : ''}${inSeconds(length)} s`;
