import { unixMillis } from './time.ts';

/** When this was written: no true clock says less, so who tells an earlier time is wrong, whoever he is. */
export const RELEASED = unixMillis(Date.UTC(2026, 10, 25));
