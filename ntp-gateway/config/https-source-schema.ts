/** What may stand in a `[[source]]` with `https`: another noonmark edge, believed on the word of a gateway behind it. */
import * as v from 'valibot';
import { parsePullUrl } from './addresses.ts';
import { matching, readBy, table } from './kinds.ts';
import { poll, selectOptions } from './source-options.ts';

const KEY_ID = 'the id of a gateway’s key, 43 characters, as `noonmark-gateway keys` prints it on that gateway';

export const httpsSource = v.pipe(
  table(
    {
      https: readBy(
        parsePullUrl,
        'must be an https URL without a path, such as "https://time.example.org" (http on this host alone)',
      ),
      gateway_key: v.optional(matching(/^[\w-]{43}$/, `must be ${KEY_ID}`)),
      min_poll: v.optional(poll, 4),
      max_poll: v.optional(poll, 6),
      ...selectOptions,
    },
    'an https source',
  ),
  v.forward(
    v.partialCheck(
      [['gateway_key']],
      ({ gateway_key }) => gateway_key !== undefined,
      `is missing: ${KEY_ID}; nobody else vouches for an edge’s time`,
    ),
    ['gateway_key'],
  ),
  v.forward(
    v.partialCheck(
      [['min_poll'], ['max_poll']],
      ({ min_poll, max_poll }) => min_poll <= max_poll,
      'must not be above max_poll (4 and 6 where they are not written)',
    ),
    ['min_poll'],
  ),
);

export type HttpsSourceEntry = v.InferOutput<typeof httpsSource>;

export const isHttpsSource = (entry: unknown): entry is HttpsSourceEntry =>
  typeof entry === 'object' && entry !== null && 'https' in entry;

/** By which two would be the same, as far as it is written well. */
export const originOf = ({ https }: Partial<HttpsSourceEntry>): string | undefined =>
  typeof https === 'string' ? parsePullUrl(https) : undefined;
