/** Whom the gateway serves, and whom not: all threads together, and never by client. */
import { KEY_EXCHANGE_WORDS } from '../../protocol/key-exchange-counters.ts';
import { PULL_WORDS } from '../../protocol/pull-counters.ts';
import { ROUGHTIME_WORDS } from '../../protocol/roughtime-counters.ts';
import { DROPPED, type ServerCounters } from '../../protocol/server-counters.ts';
import type { Status } from '../status.ts';
import { byWord, counter, counters, type Family, gauge, timestamp } from './family.ts';

export const serverMetrics = (status: Status): readonly Family[] => {
  const { server, keyExchanges, certificateValidUntil, roughtime, pulls } = status;
  return [
    counter('noonmark_server_requests_total', 'What came in to be answered by NTP.', server && requests(server)),
    counter('noonmark_server_replies_total', 'NTP requests that were answered.', server?.served),
    counter('noonmark_server_interleaved_replies_total', 'Of these, by RFC 9769.', server?.interleaved),
    counter(
      'noonmark_server_authenticated_replies_total',
      'Of these, by NTS or a symmetric key.',
      server?.authenticated,
    ),
    counter(
      'noonmark_server_kisses_total',
      'NTP requests that were answered with RATE: come less often.',
      server?.kissed,
    ),
    counters(
      'noonmark_server_dropped_total',
      'NTP requests that were refused, and why. nak and bad-authenticator were told so; unsent had been answered.',
      ['word'],
      byWord(DROPPED, server?.dropped),
    ),
    counters(
      'noonmark_server_key_exchanges_total',
      'Connections to exchange keys, by what became of them.',
      ['word'],
      byWord(without(KEY_EXCHANGE_WORDS, 'accepted'), keyExchanges),
    ),
    gauge(
      'noonmark_server_certificate_expiry_timestamp_seconds',
      'When the certificate of [server.nts] expires.',
      timestamp(certificateValidUntil),
    ),
    counters(
      'noonmark_server_roughtime_requests_total',
      'Roughtime requests, by what became of them.',
      ['word'],
      byWord(without(ROUGHTIME_WORDS, 'received'), roughtime),
    ),
    counters(
      'noonmark_server_pulls_total',
      "Edges' questions, by what became of them.",
      ['word'],
      byWord(without(PULL_WORDS, 'received'), pulls),
    ),
  ];
};

/** What all of the others sum to: it would count each twice. */
const without = (words: readonly string[], total: string): readonly string[] => words.filter((word) => word !== total);

/** A reply that could not be sent was counted as one before. */
const requests = ({ served, kissed, dropped: { unsent: _, ...refused } }: ServerCounters): number =>
  Object.values(refused).reduce((sum, times) => sum + times, served + kissed);
