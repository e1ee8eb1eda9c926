/** What may stand in sources of several kinds. */
import * as v from 'valibot';
import { flag, whole } from './kinds.ts';

/** log2 s. RFC 5905 §7.2 has 4 to 17; a LAN gains from less. */
export const poll = whole(-4, 17);

/** What the operator says of any source. */
export const selectOptions = {
  prefer: v.optional(flag, false),
  trust: v.optional(flag, false),
  noselect: v.optional(flag, false),
};
