/** Every table and key of the configuration, with its default and its bounds. */
import * as v from 'valibot';
import { milliseconds, nanos, seconds } from '#contract/time.ts';
import { utf8 } from '#contract/web-platform.ts';
import { isHost, parseEndpoint, parseOrigin } from './addresses.ts';
import { list, matching, readBy, readWithin, table, whole } from './kinds.ts';
import { type Prefix, parsePrefix } from './prefixes.ts';
import { parseDuration, parseRatio, parseSignedDuration } from './units.ts';

const HOST = 'must be a host name or an IP address, without brackets or port';
const host = v.pipe(v.string(HOST), v.check(isHost, HOST));
const endpoint = readBy(parseEndpoint, 'must be an IP address and a port, such as "127.0.0.1:123" or "[::1]:123"');
const port = whole(1, 65_535);
/** log2 s. RFC 5905 §7.2 has 4 to 17; a LAN gains from less. */
const poll = whole(-4, 17);

const flag = v.boolean('must be true or false');

const gateway = table({
  id: matching(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
  state_dir: v.optional(matching(/^[^\0]+$/, 'must be the path of a folder'), '/var/lib/noonmark'),
  /** No oscillator is better than the lower bound; the upper is chrony's too. */
  max_drift: v.optional(
    readWithin(parseRatio, 1e-9, 0.1, 'must be a ratio from "1ppb" to "100000ppm", such as "500ppm"'),
    '500ppm',
  ),
  min_sources: v.optional(whole(1, 16), 1),
});

/** What the operator says of any source. */
const selectOptions = {
  prefer: v.optional(flag, false),
  trust: v.optional(flag, false),
  noselect: v.optional(flag, false),
};

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
  }),
  v.partialCheck(
    [['address'], ['pool']],
    ({ address, pool }) => (address === undefined) !== (pool === undefined),
    'needs one of address, pool, sock, shm',
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
const source = v.lazy((entry) => (isReferenceClock(entry) ? referenceClock : upstream));

/** By which two sources would be the same, as far as each is written well. */
const identityOf = (entry: Partial<UpstreamEntry | ReferenceClockEntry>): string | undefined => {
  if (isReferenceClock(entry)) return entry.sock ?? `shm ${entry.shm}`;
  const { address, pool, port } = entry as Partial<UpstreamEntry>;
  const name: unknown = address ?? pool;
  return typeof name === 'string' ? `${name.toLowerCase()} ${port}` : undefined;
};

const leap = table({ file: matching(/^[^\0]+$/, 'must be the path of a leap-seconds.list') });

const local = table({
  stratum: v.optional(whole(1, 15), 10),
  orphan: v.optional(flag, false),
  uncertainty: v.optional(
    readWithin(parseDuration, nanos(1), seconds(3_600), 'must be a length of time from "1ns" to "1h"'),
    '1s',
  ),
});

const publish = table({
  url: readBy(parseOrigin, 'must be an http or https URL without a path, such as "https://time.example.org"'),
  interval: v.optional(
    readWithin(parseDuration, seconds(1), seconds(3_600), 'must be a length of time from "1s" to "1h"'),
    '16s',
  ),
});

const listen = list('listen', 'must be a list such as ["0.0.0.0:123", "[::]:123"]', endpoint, (at) =>
  at.host === undefined ? undefined : `${at.host} ${at.port}`,
);

const prefix = readBy(parsePrefix, 'must be a network such as "10.0.0.0/8" or "fd00::/8", or one address');
const prefixText = ({ words, length }: Partial<Prefix>): string | undefined => words && `${words} ${length}`;
const prefixes = (name: string) => list(name, 'must be a list such as ["10.0.0.0/8", "fd00::/8"]', prefix, prefixText);

const server = v.pipe(
  table({
    listen: v.optional(listen, []),
    threads: v.optional(
      v.union([v.literal('auto'), whole(1, 64)], 'must be "auto" or a whole number from 1 to 64'),
      'auto',
    ),
    allow: v.optional(prefixes('allow'), []),
    deny: v.optional(prefixes('deny'), []),
    rate_limit: v.optional(
      table({
        interval: v.optional(
          readWithin(parseDuration, milliseconds(1), seconds(3_600), 'must be a length of time from "1ms" to "1h"'),
          '2s',
        ),
        burst: v.optional(whole(1, 255), 8),
        exempt: v.optional(prefixes('exempt'), []),
      }),
    ),
    smear: v.optional(v.picklist(['off', '24h'], 'must be "off" or "24h"'), 'off'),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { allow, deny } = dataset.value;
    deny.forEach((value, key) => {
      if (!allow.some((other) => prefixText(other) === prefixText(value))) return;
      const path: [v.ObjectPathItem, v.ArrayPathItem] = [
        { type: 'object', origin: 'value', input: dataset.value, key: 'deny', value: deny },
        { type: 'array', origin: 'value', input: deny, key, value },
      ];
      addIssue({ message: 'stands in allow too', path });
    });
  }),
);

export type ServerEntry = v.InferOutput<typeof server>;

export const schema = v.pipe(
  table({
    gateway,
    source: v.optional(list('source', 'must be written [[source]]', source, identityOf), []),
    server: v.optional(server, {}),
    local: v.optional(local),
    leap: v.optional(leap),
    publish: v.optional(
      list('publish', 'must be written [[publish]]', publish, ({ url }) => url),
      [],
    ),
    status: v.optional(table({ listen: v.optional(endpoint, '127.0.0.1:9123') })),
  }),
  v.partialCheck(
    [['source'], ['local']],
    ({ source, local }) => source.length > 0 || local !== undefined,
    'needs a [[source]], or [local] to speak of the clock of this host',
  ),
  v.forward(
    v.partialCheck(
      [['server'], ['leap']],
      ({ server, leap }) => server.smear === 'off' || leap !== undefined,
      'needs [leap] file: half a day before and after a leap second no server announces it',
    ),
    ['server', 'smear'],
  ),
);
