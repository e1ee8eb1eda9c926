/** Every table and key of the configuration, with its default and its bounds. */
import * as v from 'valibot';
import { nanos, seconds } from '#contract/time.ts';
import { parseDuration, parseRatio } from '#contract/units.ts';
import { isThisHost, parseOrigin, parsePullUrl } from './addresses.ts';
import { isHttpsSource } from './https-source-schema.ts';
import { endpoint, flag, list, matching, path, pathIn, readBy, readWithin, someTable, table, whole } from './kinds.ts';
import { log } from './log-schema.ts';
import { server } from './server-schema.ts';
import { host, identityOf, isAuthenticated, isReferenceClock, isUpstream, keyId, source } from './source-schema.ts';

const gateway = table({
  id: matching(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
  state_dir: v.optional(path('a folder'), '/var/lib/noonmark'),
  /** No oscillator is better than the lower bound; the upper is chrony's too. */
  max_drift: v.optional(
    readWithin(parseRatio, 1e-9, 0.1, 'must be a ratio from "1ppb" to "100000ppm", such as "500ppm"'),
    '500ppm',
  ),
  min_sources: v.optional(whole(1, 16), 1),
  require_nts: v.optional(flag, false),
});

const ALGORITHMS = ['aes-128-cmac', 'aes-256-cmac', 'sha256', 'sha1', 'md5'] as const;

/** By key id, as [keys] has them. */
const keys = v.pipe(
  someTable,
  v.record(
    v.string(),
    table({
      algorithm: v.picklist(ALGORITHMS, `must be one of ${ALGORITHMS.map((name) => `"${name}"`).join(', ')}`),
      secret_file: path('a file'),
    }),
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [key, value] of Object.entries(dataset.value)) {
      if (/^[1-9]\d*$/.test(key) && v.is(keyId, Number(key))) continue;
      const at: [v.ObjectPathItem] = [{ type: 'object', origin: 'key', input: dataset.value, key, value }];
      addIssue({ message: 'must be the number of a key, 1 to 4294967295', path: at });
    }
  }),
);

const leap = table({ file: path('a leap-seconds.list') });

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
  pull_url: v.optional(
    readBy(
      parsePullUrl,
      'must be an https URL without a path, such as "https://gw-1.example.org" (http on this host alone)',
    ),
  ),
});

const status = table({
  listen: v.optional(endpoint, '127.0.0.1:9123'),
  names: v.optional(v.array(host, 'must be a list of names'), []),
});

const DISCIPLINES = ['off', 'slew', 'step-and-slew'] as const;
const systemClock = table({
  discipline: v.optional(v.picklist(DISCIPLINES, 'must be "off", "slew" or "step-and-slew"'), 'off'),
});

export const schema = v.pipe(
  table({
    gateway,
    source: v.optional(list('source', 'must be written [[source]]', source, identityOf), []),
    keys: v.optional(keys, {}),
    server: v.optional(server, {}),
    local: v.optional(local),
    leap: v.optional(leap),
    publish: v.optional(
      list('publish', 'must be written [[publish]]', publish, ({ url }) => url),
      [],
    ),
    system_clock: v.optional(systemClock, {}),
    status: v.optional(status),
    log: v.optional(log),
  }),
  v.partialCheck(
    [['source'], ['local']],
    ({ source, local }) => source.length > 0 || local !== undefined,
    'needs a [[source]], or [local] to speak of the clock of this host',
  ),
  v.forward(
    v.partialCheck(
      [['gateway', 'require_nts'], ['source']],
      ({ gateway, source }) => !gateway.require_nts || source.length === 0 || source.some(isAuthenticated),
      'leaves no source a vote: none has nts or a key',
    ),
    ['gateway', 'require_nts'],
  ),
  v.forward(
    v.partialCheck(
      [['server'], ['leap']],
      ({ server, leap }) => server.smear === 'off' || leap !== undefined,
      'needs [leap] file: half a day before and after a leap second no server announces it',
    ),
    ['server', 'smear'],
  ),
  v.forward(
    v.partialCheck(
      [['server'], ['publish']],
      ({ server, publish }) => server.pull === undefined || publish.some(({ pull_url }) => pull_url !== undefined),
      'no [[publish]] has a pull_url: no edge would know where to ask',
    ),
    ['server', 'pull'],
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { source, publish, server, keys, system_clock } = dataset.value;
    const fault = (message: string, ...place: [keyof typeof dataset.value, ...(string | number)[]]): void =>
      addIssue({ message, path: pathIn(dataset.value, place) });
    publish.forEach(({ pull_url }, index) => {
      if (pull_url === undefined || server.pull) return;
      fault('needs [server.pull] listen: nobody would answer there', 'publish', index, 'pull_url');
    });
    source.forEach((entry, index) => {
      if (isHttpsSource(entry)) {
        if (publish.some(({ url }) => url === entry.https)) fault(OWN_TIME, 'source', index, 'https');
      } else if (!isReferenceClock(entry) && entry.key !== undefined && !keys[entry.key]) {
        fault('is none of [keys]', 'source', index, 'key');
      }
      if (system_clock.discipline === 'off' || !isUpstream(entry)) return;
      if (entry.address !== undefined && isThisHost(entry.address)) fault(OWN_CLOCK, 'source', index, 'address');
    });
    if (server.pull && source.some(isHttpsSource)) fault(UNTRACED, 'server', 'pull');
  }),
);

const OWN_TIME = 'is where a [[publish]] goes: this gateway would be told its own time';
const OWN_CLOCK = 'is this host: what it serves may be the clock that [system_clock] steers';
const UNTRACED =
  'cannot be beside a [[source]] with https: what is answered there does not say whom its time came through';
