/** What `openstack token issue -f json` prints: a token of Keystone's, and until when it is valid. */
import * as v from 'valibot';
import { decodeText } from '#contract/fields.ts';
import type { Result } from '#contract/result.ts';
import { parseRfc3339 } from '../rfc3339.ts';

export type Issued = {
  readonly id: string;
  /** Unix ms. */
  readonly expires: number;
};

/** Python's `%Y-%m-%dT%H:%M:%S%z`, whose offset has no colon; older clients wrote Keystone's own form, with a Z. */
const date = v.pipe(
  v.string(),
  v.transform((text) => parseRfc3339(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))),
  v.number(),
);

const issued = v.object({ id: v.string(), expires: date });

/** @param text - of a length that the caller has looked at. */
export const readIssued = (text: string): Result<Issued, 'malformed'> => decodeText(issued, text);
