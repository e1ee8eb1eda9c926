/** Who asks the gateway's server, as JSON: those that ask most often first. */
import type { MonoNanos } from '#contract/time.ts';
import { type ClientRecord, readClient } from '../protocol/client-record.ts';
import { openClientTable, RECORDS } from '../protocol/client-table.ts';

/** Rows of the page. Beyond a screen or two nobody looks, and tables may hold tens of thousands. */
const MOST = 100;

/** @param tables - one for each answering thread. @param now - of the clock by which they stamp. */
export const clientsOf = (tables: readonly SharedArrayBuffer[], now: MonoNanos) => {
  const nowMs = Number(BigInt.asIntN(32, now / 1_000_000n));
  const busiest: ClientRecord[] = [];
  let known = 0;
  for (const table of tables.map((memory) => openClientTable(memory))) {
    for (let record = 0; record < RECORDS; record++) {
      const client = readClient(table, record, nowMs);
      if (!client) continue;
      known++;
      if (busiest.length === MOST && compare(client, busiest.at(-1)!) >= 0) continue;
      const place = busiest.findIndex((other) => compare(client, other) < 0);
      busiest.splice(place < 0 ? busiest.length : place, 0, client);
      if (busiest.length > MOST) busiest.pop();
    }
  }
  return {
    /** How many clients are remembered: those that asked last, not all that ever did. */
    known,
    busiest: busiest.map(
      ({ requests, replies, drops, intervalMs, silentMs, version, mode, interleaved, ...client }) => ({
        client: addressText(client),
        requests,
        replies,
        /** Because it asked too often. */
        drops,
        /** Between two requests, of late; null where there was one alone. */
        intervalSeconds: intervalMs === undefined ? null : Number((intervalMs / 1e3).toPrecision(3)),
        lastAskedSeconds: Math.round(silentMs / 1e3),
        version,
        mode,
        interleaved,
      }),
    ),
  };
};

/** Of those that asked once, the last comes first. */
const compare = (a: ClientRecord, b: ClientRecord): number =>
  rareness(a) - rareness(b) || a.silentMs - b.silentMs || a.address[0] - b.address[0] || a.address[1] - b.address[1];

/** ms per request over the last eight and the silence since. A number even where there was one alone: ∞ − ∞ is none. */
const rareness = ({ intervalMs = Number.MAX_VALUE, silentMs }: ClientRecord): number => intervalMs + silentMs / 8;

/** An IPv4 address; or an IPv6 prefix of 64 bits, RFC 5952 §4: its last four groups are the longest run of zeros. */
const addressText = ({ family, address: [first, second] }: Pick<ClientRecord, 'family' | 'address'>): string => {
  if (family === 4) return [24, 16, 8, 0].map((shift) => (first >>> shift) & 0xff).join('.');
  const groups = [first >>> 16, first & 0xffff, second >>> 16, second & 0xffff].map((group) => group.toString(16));
  return `${groups.join(':').replace(/(?:^|:)0(?::0)*$/, '')}::/64`;
};

export type Clients = ReturnType<typeof clientsOf>;
