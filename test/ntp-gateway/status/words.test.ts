/** docs/status.md says what each word means that an operator may meet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JUMPS } from '../../../ntp-gateway/discipline/jump.ts';
import { VERDICTS } from '../../../ntp-gateway/discipline/selection.ts';
import type { AssociationCounter } from '../../../ntp-gateway/protocol/association-event.ts';
import { KEY_EXCHANGE_WORDS } from '../../../ntp-gateway/protocol/key-exchange-counters.ts';
import { PULL_WORDS } from '../../../ntp-gateway/protocol/pull-counters.ts';
import type { ReferenceClockCounter } from '../../../ntp-gateway/protocol/reference-clock.ts';
import { ROUGHTIME_WORDS } from '../../../ntp-gateway/protocol/roughtime-counters.ts';
import { DROPPED } from '../../../ntp-gateway/protocol/server-counters.ts';
import { ROOT } from '../../support/root.ts';

const SERVERS = {
  sent: 1,
  'send-failed': 1,
  timeout: 1,
  measured: 1,
  interleaved: 1,
  'key-exchange': 1,
  unsolicited: 1,
  'wrong-server': 1,
  'too-short': 1,
  version: 1,
  'too-long': 1,
  'malformed-extension': 1,
  'malformed-mac': 1,
  unauthenticated: 1,
  'malformed-nts': 1,
  'wrong-identifier': 1,
  'bad-authenticator': 1,
  'nts-nak': 1,
  'certificate-time': 1,
  'wrong-key': 1,
  'bad-mac': 1,
  'crypto-nak': 1,
  mode: 1,
  duplicate: 1,
  'bogus-origin': 1,
  'unknown-key': 1,
  'kiss-rate': 1,
  'kiss-deny': 1,
  'kiss-other': 1,
  'zero-timestamp': 1,
  unsynchronized: 1,
  stratum: 1,
  distance: 1,
  'processing-time': 1,
  'negative-delay': 1,
  loop: 1,
} satisfies Record<AssociationCounter, 1>;
const CLOCKS = {
  measured: 1,
  length: 1,
  stamp: 1,
  date: 1,
  leap: 1,
  unsynchronized: 1,
  magic: 1,
  pulse: 1,
  offset: 1,
  mode: 1,
  torn: 1,
  future: 1,
  stale: 1,
  'wall-unsteady': 1,
  'out-of-order': 1,
} satisfies Record<ReferenceClockCounter, 1>;

const [, section = ''] =
  /\n## The words\n([\s\S]*?)\n## /.exec(readFileSync(join(ROOT, 'docs/status.md'), 'utf8')) ?? [];
/** From what is said before a table, or in a paragraph, to the next. */
const partFrom = (start: string): string =>
  section
    .split('\n\n')
    .slice(...rangeFrom(start))
    .join('\n');
const rangeFrom = (start: string): [number, number] => {
  const at = section.split('\n\n').findIndex((paragraph) => paragraph.includes(start));
  return [at, at + 2];
};

it.each<[string, string, readonly string[]]>([
  ['states', 'Of a source', [...Object.keys(VERDICTS), 'replaced', 'unresolved', 'duplicate']],
  ['jumps', '`jumps`:', Object.keys(JUMPS)],
  ['refused requests', '`server.dropped`', DROPPED],
  ['key exchanges', 'In `keyExchanges`', KEY_EXCHANGE_WORDS],
  ['Roughtime requests', 'In `keyExchanges`', ROUGHTIME_WORDS],
  ['pulls', 'In `keyExchanges`', PULL_WORDS],
  ['answers of servers', 'to a server', Object.keys(SERVERS)],
  ['samples of clocks', 'of samples of a clock', Object.keys(CLOCKS)],
])('has the words of %s', (_what, start, words) => {
  const part = partFrom(start);
  expect(part).toContain(start);
  expect(words.length).toBeGreaterThan(3);
  expect(words.filter((word) => !part.includes(`\`${word}\``))).toEqual([]);
});
