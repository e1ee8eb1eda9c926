/** What is wrong on this machine, and does not keep the gateway from telling time. */
import type { Status } from '../status.ts';
import { counter, type Family, gauge } from './family.ts';

export const faultMetrics = ({ state, configuration }: Status): readonly Family[] => [
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
];
