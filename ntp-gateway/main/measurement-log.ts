/** The files of `[log]`: each where the operator names one. */
import type { LogConfig } from '../config.ts';
import { openTable } from '../io/measurement-log.ts';
import type { MeasurementLog } from '../ports.ts';
import { MEASUREMENTS, TRACKING } from '../status/measurement-log.ts';

/** `close` resolves within half a second. */
export const openMeasurementLog = ({ measurements, tracking, ...rotation }: LogConfig) => {
  const open = (path: string | undefined, header: string) =>
    path === undefined ? undefined : openTable(path, header, rotation);
  const [measured, tracked] = [open(measurements, MEASUREMENTS), open(tracking, TRACKING)];
  const writes: MeasurementLog = {
    ...(measured && { measured: measured.write }),
    ...(tracked && { tracked: tracked.write }),
  };
  return { ...writes, close: () => Promise.all([measured?.close(), tracked?.close()]) };
};
