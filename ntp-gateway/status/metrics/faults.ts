/** What is wrong on this machine, and does not keep the gateway from telling time. */
import type { Status } from '../status.ts';
import { counter, type Family, gauge } from './family.ts';

export const faultMetrics = ({ state }: Status): readonly Family[] => [
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
