/** All metrics of this moment, made anew of what the other pages say: nothing is kept, so nothing grows and nothing stays behind. */
import { clockMetrics } from './metrics/clock.ts';
import { edgeCheckMetrics } from './metrics/edge-checks.ts';
import { type Family, gauge, gauges } from './metrics/family.ts';
import { faultMetrics } from './metrics/faults.ts';
import { publishMetrics } from './metrics/publish.ts';
import { serverMetrics } from './metrics/server.ts';
import { sourceMetrics } from './metrics/sources.ts';
import { systemClockMetrics } from './metrics/system-clock.ts';
import type { Sources } from './sources.ts';
import type { Status } from './status.ts';

export const metricsOf = (status: Status, sources: Sources, version: string): readonly Family[] => [
  gauges('noonmark_build_info', 'Which noonmark runs.', ['version'], [[[version], 1]]),
  gauges('noonmark_gateway_info', 'By which name edges know this gateway.', ['gateway'], [[[status.gateway], 1]]),
  gauge('noonmark_uptime_seconds', 'Since it started, by its oscillator.', status.uptimeSeconds),
  ...clockMetrics(status),
  ...systemClockMetrics(status),
  ...sourceMetrics(sources),
  ...serverMetrics(status),
  ...publishMetrics(status),
  ...edgeCheckMetrics(status),
  ...faultMetrics(status),
];
