/** `[log]`: how changes of state are told, and where measurements are kept. */
import * as v from 'valibot';
import { parseSize } from '#contract/units.ts';
import { path, readWithin, table, whole } from './kinds.ts';

const FORMATS = ['auto', 'json', 'text'] as const;

export const log = v.pipe(
  table({
    format: v.optional(v.picklist(FORMATS, 'must be "auto", "json" or "text"'), 'auto'),
    measurements: v.optional(path('a file')),
    tracking: v.optional(path('a file')),
    max_size: v.optional(readWithin(parseSize, 1e3, 1e11, 'must be a size from "1kB" to "100GB"'), '10MB'),
    keep: v.optional(whole(1, 1_000), 5),
  }),
  v.forward(
    v.partialCheck(
      [['measurements'], ['tracking']],
      ({ measurements, tracking }) => tracking === undefined || tracking !== measurements,
      'is the file of the measurements: it needs one of its own',
    ),
    ['tracking'],
  ),
);

export type LogEntry = v.InferOutput<typeof log>;
