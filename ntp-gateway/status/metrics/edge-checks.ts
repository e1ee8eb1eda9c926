/** What came of asking each edge as its callers do. */
import type { Status } from '../status.ts';
import { counters, type Family, gauges, seconds } from './family.ts';

export const edgeCheckMetrics = ({ publish }: Status): readonly Family[] => {
  const checked = publish.flatMap(({ url, check }) => (check ? [{ url, ...check }] : []));
  return [
    counters(
      'noonmark_edge_violations_total',
      'Intervals told by an edge that this gateway’s own contradicts.',
      ['edge'],
      publish.map(({ url, check }) => [[url], check?.violations ?? 0]), // from the start: the first may be the only one
    ),
    counters(
      'noonmark_edge_checks_total',
      'What came of asking an edge as its callers do: agreed, violation, unjudged, or why no answer could be verified.',
      ['edge', 'word'],
      checked.flatMap(({ url, counters }) =>
        Object.entries({ agreed: 0, violation: 0, unjudged: 0, ...counters }).map(
          ([word, times]) => [[url, word], times] as const,
        ),
      ),
    ),
    gauges(
      'noonmark_edge_check_age_seconds',
      'Since the last of those.',
      ['edge'],
      checked.map(({ url, secondsAgo }) => [[url], secondsAgo]),
    ),
    gauges(
      'noonmark_edge_offset_seconds',
      'How far an edge’s best guess was ahead of ours in the last answer that was judged.',
      ['edge'],
      checked.map(({ url, offsetMs }) => [[url], seconds(offsetMs)]),
    ),
  ];
};
