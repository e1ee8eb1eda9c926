/** What is wrong on this machine, and does not keep the gateway from telling time. */
import type { Status } from '../status.ts';
import { byWord, counter, counters, type Family, gauge } from './family.ts';

export const faultMetrics = ({ threads, state, fileFaults, configuration }: Status): readonly Family[] => [
  gauge(
    'noonmark_configuration_fault',
    'Whether the file, as it is now, has faults: what runs is what stood in it before.',
    configuration && configuration.fault !== null,
  ),
  gauge(
    'noonmark_configuration_restart_needed',
    'Whether the file says something that counts from the next start on alone.',
    configuration && configuration.needsRestart.length > 0,
  ),
  gauge(
    'noonmark_configuration_age_seconds',
    'Since the file was last taken up, in whole or but for what needs a restart.',
    configuration?.loadedSecondsAgo,
  ),
  gauge(
    'noonmark_state_writable',
    'Whether all that is to be kept can be written to the state directory.',
    state?.writable,
  ),
  counter(
    'noonmark_state_write_failures_total',
    'How often something could not be written there, each try counted.',
    state?.failures,
  ),
  gauge(
    'noonmark_state_files_damaged',
    'How many files there this run found damaged, and does without.',
    state && Object.keys(state.damaged).length,
  ),
  gauge(
    'noonmark_file_faults',
    'How many files cannot be used as they are now: the key, the certificate of [server.nts], those of [log]. What was before goes on.',
    fileFaults && Object.keys(fileFaults).length,
  ),
  counters(
    'noonmark_thread_failures_total',
    'How often a thread failed and was started again.',
    ['thread'],
    byWord(['server', 'key-exchange', 'roughtime', 'pull'], threads?.failures),
  ),
  gauge(
    'noonmark_threads_failing',
    'Threads that are down, or have run for less than a minute since they failed.',
    threads?.failing,
  ),
];
