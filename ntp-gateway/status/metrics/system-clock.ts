/** The host's own clock, where it is led to ours. */
import type { SystemClockWord } from '../../discipline/system-clock.ts';
import type { Status } from '../status.ts';
import { type Family, gauge, gauges, seconds, states, timestamp } from './family.ts';

const STATES = Object.keys({
  off: true,
  'no-raw-clock': true,
  unsupported: true,
  'not-permitted': true,
  failed: true,
  'owned-by-another': true,
  unsynchronized: true,
  tracking: true,
  slewing: true,
} satisfies Record<SystemClockWord, true>);

export const systemClockMetrics = ({ systemClock }: Status): readonly Family[] => [
  gauges(
    'noonmark_system_clock_state',
    "What is done about the host's clock where [system_clock] leads it: 1 for the one state that it is in.",
    ['state'],
    states(STATES, systemClock?.state),
  ),
  gauge(
    'noonmark_system_clock_bound_seconds',
    "The most by which the host's clock can be wrong.",
    seconds(systemClock?.boundMs ?? undefined),
  ),
  gauge(
    'noonmark_system_clock_frequency_ratio',
    'By how much the kernel runs it faster than its oscillator.',
    ratio(systemClock?.frequencyPpm),
  ),
  gauge('noonmark_system_clock_slew_ratio', 'How much of that is slewed away.', ratio(systemClock?.slewPpm)),
  gauge(
    'noonmark_system_clock_step_timestamp_seconds',
    'When it was last stepped.',
    timestamp(systemClock?.lastStep?.at),
  ),
];

const ratio = (ppm: number | null | undefined): number | undefined => (ppm == null ? undefined : ppm / 1e6);
