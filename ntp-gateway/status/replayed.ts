/** What a replay came to, as JSON and as text: the same pages that the gateway would have shown at the last event. */
import type { Replay } from '../record/replay.ts';
import { sourcesOf, statusOf } from './status.ts';
import { sourcesText, statusText } from './tables.ts';

/** The core does not know whom the gateway served. */
const NOT_RECORDED = { served: 0, dropped: {} };

export const replayedOf = ({ core, events, measurements, ended, digest, now }: Replay) => ({
  events,
  measurements,
  /** False: the recording was cut off, and is the same until there. */
  ended,
  sha256: digest,
  status: statusOf(core, NOT_RECORDED, now),
  sources: sourcesOf(core, now),
});

export type Replayed = ReturnType<typeof replayedOf>;

export const replayedText = ({ events, measurements, ended, sha256, status, sources }: Replayed): string =>
  [
    `events         ${events}, ${ended ? 'to the end' : 'then the recording was cut off'}`,
    ...Object.entries(measurements).map(([id, count]) => `measurements   ${count} of ${id}`),
    `sha256         ${sha256}`,
    '',
    statusText(status),
    '',
    sourcesText(sources),
  ].join('\n');
