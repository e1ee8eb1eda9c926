/** What each source says, and what becomes of its packets. One that is no longer asked is gone from here. */
import { VERDICTS } from '../../discipline/selection.ts';
import type { Sources } from '../sources.ts';
import { counters, type Family, gauges, type Known, seconds, states, timestamp } from './family.ts';

type Row = Sources[number];
type Asked = Extract<Row, { readonly reach: string }>;

const STATES = [...Object.keys(VERDICTS), 'unresolved', 'duplicate'];

export const sourceMetrics = (sources: Sources): readonly Family[] => {
  const named = sources.filter(({ state }) => state !== 'replaced');
  const asked = named.filter((source): source is Asked => 'reach' in source);
  const each = (name: string, help: string, value: (source: Asked) => Known): Family =>
    gauges(
      name,
      help,
      ['source'],
      asked.map((source) => [[source.id], value(source)]),
    );
  const nts = (value: (authentication: Nts) => Known) => (source: Asked) => {
    const { authentication } = source;
    return authentication.by === 'nts' ? value(authentication) : undefined;
  };
  return [
    gauges(
      'noonmark_source_info',
      'How a source authenticates itself: nts, key, gateway-key or none.',
      ['source', 'authenticated_by'],
      asked.map(({ id, authentication }) => [[id, authentication.by], 1]),
    ),
    gauges(
      'noonmark_source_state',
      'Whether a source is selected, or why not: 1 for the one state that it is in.',
      ['source', 'state'],
      named.flatMap(({ id, state }) => states(STATES, state, [id])),
    ),
    each(
      'noonmark_source_reachable',
      'Whether one of the last eight polls was answered.',
      ({ reach }) => reach !== '000',
    ),
    each(
      'noonmark_source_reach_ratio',
      'How many of the last eight polls were answered.',
      ({ reach }) => answered(reach) / 8,
    ),
    each(
      'noonmark_source_offset_seconds',
      "Its clock less ours: above 0 where the gateway's is behind.",
      ({ offsetMs }) => seconds(offsetMs),
    ),
    each(
      'noonmark_source_bound_seconds',
      'The most by which that which it is taken to say can be wrong, if it tells the truth.',
      ({ uncertaintyMs }) => seconds(uncertaintyMs),
    ),
    each('noonmark_source_delay_seconds', 'The round trip of its newest answer.', ({ delayMs }) => seconds(delayMs)),
    each('noonmark_source_stratum', 'As it says itself.', ({ stratum }) => stratum),
    each('noonmark_source_poll_seconds', 'From one poll to the next.', ({ pollSeconds }) => pollSeconds),
    each(
      'noonmark_source_age_seconds',
      'Since its newest answer that counts.',
      ({ lastMeasuredSeconds }) => lastMeasuredSeconds,
    ),
    counters(
      'noonmark_source_packets_total',
      'What was sent to it, what came of it (measured) and why not.',
      ['source', 'word'],
      asked.flatMap(({ id, counters }) =>
        Object.entries(counters).map(([word, times]) => [[id, word], times] as const),
      ),
    ),
    each(
      'noonmark_source_nts_cookies',
      'How many requests its keys are still good for.',
      nts(({ cookies }) => cookies),
    ),
    each(
      'noonmark_source_key_exchange_fault',
      'Whether its last key exchange failed.',
      nts(({ exchange }) => exchange.fault !== null),
    ),
    each(
      'noonmark_source_certificate_expiry_timestamp_seconds',
      'Of the certificate that was shown at the last key exchange; it may have been renewed since.',
      nts(({ certificateValidUntil }) => timestamp(certificateValidUntil)),
    ),
  ];
};

type Nts = Extract<Asked['authentication'], { readonly by: 'nts' }>;

/** @param reach - as octal digits: a bit for each of the last eight polls. */
const answered = (reach: string): number => Number.parseInt(reach, 8).toString(2).replaceAll('0', '').length;
