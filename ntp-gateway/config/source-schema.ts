/** What may stand in a `[[source]]`: a server, a pool of them, an edge, or a clock of this host. */
import * as v from 'valibot';
import { nanos, seconds } from '#contract/time.ts';
import { parseDuration, parseSignedDuration } from '#contract/units.ts';
import { utf8 } from '#contract/web-platform.ts';
import { isHost } from './addresses.ts';
import { type HttpsSourceEntry, httpsSource, isHttpsSource, originOf } from './https-source-schema.ts';
import { flag, matching, path, port, readWithin, table, whole } from './kinds.ts';
import { poll, selectOptions } from './source-options.ts';

const HOST = 'must be a host name or an IP address, without brackets or port';
export const host = v.pipe(v.string(HOST), v.check(isHost, HOST));
/** RFC 5905 §7.3 has 32 bits; 0 is a crypto-NAK's. */
export const keyId = whole(1, 0xffff_ffff);

const ONLY_WITH_NTS = 'is for a source with nts = true';

const upstream = v.pipe(
  table({
    address: v.optional(host),
    pool: v.optional(host),
    /** Of a pool; 4 where it is not written. */
    max_sources: v.optional(whole(1, 16)),
    port: v.optional(port, 123),
    min_poll: v.optional(poll, 6),
    max_poll: v.optional(poll, 10),
    burst: v.optional(flag, false),
    interleaved: v.optional(flag, false),
    ...selectOptions,
    max_asymmetry: v.optional(
      readWithin(parseDuration, nanos(0), seconds(16), 'must be a length of time from "0ns" to "16s"'),
    ),
    smears: v.optional(flag, false),
    nts: v.optional(flag, false),
    /** RFC 8915 §6: 4460 where it is not written. */
    nts_port: v.optional(port),
    nts_ca: v.optional(path('a PEM file')),
    key: v.optional(keyId),
  }),
  v.partialCheck(
    [['address'], ['pool']],
    ({ address, pool }) => (address === undefined) !== (pool === undefined),
    'needs one of address, pool, https, sock, shm',
  ),
  v.forward(
    v.partialCheck(
      [['pool'], ['max_sources']],
      ({ pool, max_sources }) => pool !== undefined || max_sources === undefined,
      'is for a pool; an address is one source',
    ),
    ['max_sources'],
  ),
  v.forward(
    v.partialCheck(
      [['min_poll'], ['max_poll']],
      ({ min_poll, max_poll }) => min_poll <= max_poll,
      'must not be above max_poll (6 and 10 where they are not written)',
    ),
    ['min_poll'],
  ),
  v.forward(
    v.partialCheck([['nts'], ['nts_port']], ({ nts, nts_port }) => nts || nts_port === undefined, ONLY_WITH_NTS),
    ['nts_port'],
  ),
  v.forward(
    v.partialCheck([['nts'], ['nts_ca']], ({ nts, nts_ca }) => nts || nts_ca === undefined, ONLY_WITH_NTS),
    ['nts_ca'],
  ),
  v.forward(
    v.partialCheck(
      [['nts'], ['key']],
      ({ nts, key }) => !nts || key === undefined,
      'stands beside nts: a source authenticates itself in one way',
    ),
    ['key'],
  ),
);

/** What `sun_path` of a Unix socket holds, less the zero at its end. */
const LONGEST_SOCKET_PATH = 107;
const SOCK = 'must be the absolute path of a socket, of at most 107 bytes';
const OFFSET = 'must be a length of time from "-10s" to "10s"';

/** Its driver writes to us: nothing is asked, so nothing of a server's keys has a meaning. */
const referenceClock = v.pipe(
  table(
    {
      sock: v.optional(
        v.pipe(
          matching(/^\/[^\0]*[^\0/]$/, SOCK),
          v.check((path) => utf8(path).length <= LONGEST_SOCKET_PATH, SOCK),
        ),
      ),
      /** The unit: a driver of ntpd's has keys for 256. */
      shm: v.optional(whole(0, 255)),
      reference_id: v.optional(matching(/^[A-Z0-9]{1,4}$/, 'must be 1 to 4 capital letters or digits, such as "GPS"')),
      /** No default: A1 would rest on a guess of ours. */
      uncertainty: readWithin(parseDuration, nanos(1), seconds(1), 'must be a length of time from "1ns" to "1s"'),
      offset: v.optional(readWithin(parseSignedDuration, seconds(-10), seconds(10), OFFSET), '0s'),
      ...selectOptions,
    },
    'a reference clock',
  ),
  v.partialCheck(
    [['sock'], ['shm']],
    ({ sock, shm }) => (sock === undefined) !== (shm === undefined),
    'needs either sock or shm',
  ),
);

export type UpstreamEntry = v.InferOutput<typeof upstream>;
export type ReferenceClockEntry = v.InferOutput<typeof referenceClock>;

export const isReferenceClock = (entry: unknown): entry is ReferenceClockEntry =>
  typeof entry === 'object' && entry !== null && ('sock' in entry || 'shm' in entry);
export const source = v.lazy((entry) => {
  if (isReferenceClock(entry)) return referenceClock;
  return isHttpsSource(entry) ? httpsSource : upstream;
});

export type SourceEntry = UpstreamEntry | HttpsSourceEntry | ReferenceClockEntry;

export const isUpstream = (entry: SourceEntry): entry is UpstreamEntry =>
  !isReferenceClock(entry) && !isHttpsSource(entry);

/** A clock of this host is beyond doubt, and what an edge says is signed. */
export const isAuthenticated = (entry: SourceEntry): boolean =>
  !isUpstream(entry) || entry.nts || entry.key !== undefined;

/** By which two sources would be the same, as far as each is written well. */
export const identityOf = (entry: Partial<SourceEntry>): string | undefined => {
  if (isReferenceClock(entry)) return entry.sock ?? `shm ${entry.shm}`;
  if (isHttpsSource(entry)) return originOf(entry);
  const { address, pool, port } = entry as Partial<UpstreamEntry>;
  const name: unknown = address ?? pool;
  return typeof name === 'string' ? `${name.toLowerCase()} ${port}` : undefined;
};
