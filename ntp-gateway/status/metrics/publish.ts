/** How it goes with each edge. */
import type { Status } from '../status.ts';
import { counters, type Family, gauges, type Known, seconds } from './family.ts';

type Edge = Status['publish'][number];

export const publishMetrics = ({ publish, uptimeSeconds }: Status): readonly Family[] => {
  const each = (name: string, help: string, value: (edge: Edge) => Known): Family =>
    gauges(
      name,
      help,
      ['edge'],
      publish.map((edge) => [[edge.url], value(edge)]),
    );
  return [
    counters(
      'noonmark_publish_total',
      'Samples that were sent to an edge: ok, or why it did not take them.',
      ['edge', 'word'],
      // Not its own word for it, which an edge could make up.
      publish.flatMap(({ url, taken, counters }) =>
        Object.entries({ ok: taken, ...counters }).map(([word, times]) => [[url, word], times] as const),
      ),
    ),
    each(
      'noonmark_publish_age_seconds',
      'Since an edge last took a sample; since the start, where it has taken none.',
      ({ takenSecondsAgo }) => takenSecondsAgo ?? uptimeSeconds,
    ),
    each(
      'noonmark_publish_failures_in_a_row',
      'Samples since then that it did not take.',
      ({ failuresInARow }) => failuresInARow,
    ),
    each(
      'noonmark_publish_edge_bound_seconds',
      'How well the clock of an edge is known from here: half of the interval of the last exchange.',
      ({ edgeUncertaintyMs }) => seconds(edgeUncertaintyMs),
    ),
  ];
};
