/** What the gateway knows of the time. */
import { JUMPS } from '../../discipline/jump.ts';
import { MAX_DISTANCE } from '../../discipline/selection.ts';
import type { Status } from '../status.ts';
import { byWord, counters, type Family, gauge, gauges, seconds, states, timestamp } from './family.ts';

const LEAPS = ['none', 'insert', 'delete', 'unknown'];

export const clockMetrics = ({ epoch, synchronized, clock, leapFile, jumps }: Status): readonly Family[] => [
  gauge('noonmark_synchronized', 'Whether sources vouch for the time that is told.', synchronized),
  gauge(
    'noonmark_clock_bound_seconds',
    'The most by which the time that is told can be wrong: how far it is to the farther end of the interval.',
    seconds(clock?.uncertaintyMs),
  ),
  gauge(
    'noonmark_clock_estimated_error_seconds',
    'One standard deviation of the time that is told.',
    seconds(clock?.standardDeviationMs),
  ),
  gauge(
    'noonmark_clock_frequency_ratio',
    'By how much UTC runs faster than the oscillator of this host.',
    clock && clock.frequencyPpm / 1e6,
  ),
  gauge(
    'noonmark_host_clock_offset_seconds',
    "The host's clock less the time that is told: above 0 where it is fast.",
    seconds(clock?.hostOffsetMs),
  ),
  gauge('noonmark_stratum', 'Of our NTP server; 16 where it tells no time.', toldOf(clock)?.stratum ?? UNSYNCHRONIZED),
  gauge('noonmark_root_delay_seconds', 'The round trip to the reference clock.', seconds(clock?.rootDelayMs)),
  gauge(
    'noonmark_root_dispersion_seconds',
    'As clients are told: with half of the root delay it is the bound.',
    seconds(clock?.rootDispersionMs),
  ),
  gauges(
    'noonmark_error_budget_seconds',
    'What the width of the interval is made of; the parts sum to it. agreement is below 0 where sources rule something out together.',
    ['part', 'basis'],
    (clock?.budget ?? []).map(({ part, basis, ms }) => [[part, basis], seconds(ms)]),
  ),
  gauge('noonmark_selected_sources', 'How many sources agree and are followed.', clock?.sourcesSelected ?? 0),
  gauges('noonmark_leap', 'The leap second that is announced.', ['leap'], states(LEAPS, toldOf(clock)?.leap)),
  gauge('noonmark_tai_offset_seconds', 'TAI less UTC, by the leap second file.', clock?.taiOffsetSeconds),
  gauge(
    'noonmark_leap_list_expiry_timestamp_seconds',
    'When the leap second file expires.',
    timestamp(leapFile?.expires),
  ),
  gauge('noonmark_leap_list_fault', 'Whether the leap second file is missing or damaged.', faultOf(leapFile)),
  gauge('noonmark_epoch', 'Counts starts and steps of the clock that edges are told of.', epoch),
  counters(
    'noonmark_clock_jumps_total',
    'How often a clock of the host was seen to jump; wall-set is harmless.',
    ['reason'],
    byWord(Object.keys(JUMPS), jumps as Readonly<Record<string, number>>),
  ),
];

/** What its sources say is told as long as it is known well enough; the host's own clock as its operator says. */
const toldOf = (clock: Status['clock']): Status['clock'] =>
  clock && clock.sourcesSelected > 0 && clock.uncertaintyMs > MAX_DISTANCE / 1e6 ? undefined : clock;

/** RFC 5905 §7.3. */
const UNSYNCHRONIZED = 16;

const faultOf = (leapFile: Status['leapFile']) => leapFile && leapFile.fault !== undefined;
