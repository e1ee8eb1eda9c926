/** What may stand in `[server]`. */
import * as v from 'valibot';
import { MOST_ADDRESSES } from '#contract/edge-certificates.ts';
import { milliseconds, seconds } from '#contract/time.ts';
import { parseDuration } from '#contract/units.ts';
import { parsePublicAddress } from './addresses.ts';
import { endpoint, list, path, readBy, readWithin, table, whole } from './kinds.ts';
import { type Prefix, parsePrefix } from './prefixes.ts';

const listenOn = (port: number) =>
  list('listen', `must be a list such as ["0.0.0.0:${port}", "[::]:${port}"]`, endpoint, (at) =>
    at.host === undefined ? undefined : `${at.host} ${at.port}`,
  );

const publicAddresses = list(
  'public',
  'must be a list such as ["time.example.org:5319"]',
  readBy(parsePublicAddress, 'must be a name or an IP address and a port, such as "time.example.org:5319"'),
  (address) => address,
);

const prefix = readBy(parsePrefix, 'must be a network such as "10.0.0.0/8" or "fd00::/8", or one address');
const prefixText = ({ words, length }: Partial<Prefix>): string | undefined => words && `${words} ${length}`;
const prefixes = (name: string) => list(name, 'must be a list such as ["10.0.0.0/8", "fd00::/8"]', prefix, prefixText);

export const server = v.pipe(
  table({
    listen: v.optional(listenOn(123), []),
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
    nts: v.optional(
      table({
        listen: v.pipe(listenOn(4460), v.minLength(1, 'names no address')),
        certificate: path('a PEM file'),
        key: path('a PEM file'),
      }),
    ),
    roughtime: v.optional(
      table({
        listen: v.pipe(listenOn(5319), v.minLength(1, 'names no address')),
        public: v.optional(
          v.pipe(publicAddresses, v.maxLength(MOST_ADDRESSES, `names more than ${MOST_ADDRESSES} addresses`)),
          [],
        ),
      }),
    ),
    pull: v.optional(table({ listen: v.pipe(listenOn(8123), v.minLength(1, 'names no address')) })),
  }),
  v.forward(
    v.partialCheck(
      [['listen'], ['nts']],
      ({ listen, nts }) => listen.length > 0 || nts === undefined,
      'needs [server] listen: keys without an NTP server to use them with',
    ),
    ['nts'],
  ),
  v.forward(
    v.partialCheck(
      [['listen'], ['roughtime']],
      ({ listen, roughtime }) => listen.length > 0 || roughtime === undefined,
      'needs [server] listen: the clock is handed out with the NTP server',
    ),
    ['roughtime'],
  ),
  v.forward(
    v.partialCheck(
      [['listen'], ['pull']],
      ({ listen, pull }) => listen.length > 0 || pull === undefined,
      'needs [server] listen: the clock is handed out with the NTP server',
    ),
    ['pull'],
  ),
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
