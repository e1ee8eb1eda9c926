/** What a replay came to, as JSON and as text: the same pages that the gateway would have shown at the last event. */
import type { Replay } from '../record/replay.ts';
import { sourcesOf } from './sources.ts';
import { statusOf } from './status.ts';
import { statusText } from './status-text.ts';
import { sourcesText } from './tables.ts';

export const replayedOf = ({ core, events, measurements, ended, digest, now }: Replay) => ({
  events,
  measurements,
  /** False: the recording was cut off, and is the same until there. */
  ended,
  sha256: digest,
  /** But for the server's counters: the core does not know whom the gateway served. */
  status: statusOf(core, undefined, now),
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
