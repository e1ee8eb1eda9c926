/** What an answering thread is given when it starts. What changes later is in shared memory, or in `Rules`. */
import type { ServerSocket } from '#native/server-sockets.ts';
import type { Policy } from '../protocol/policy.ts';
import type { ServerKeys } from '../protocol/server-keys.ts';

/** What is sent to it while it runs: all of it, whichever part is new. */
export type Rules = { readonly policy: Policy; readonly keys: ServerKeys };

export type ThreadData = Rules & {
  /** For each address that is listened on. */
  readonly sockets: readonly ServerSocket[];
  readonly lines: SharedArrayBuffer;
  readonly clients: SharedArrayBuffer;
  readonly clientsKey: Int32Array;
  readonly counters: Float64Array<SharedArrayBuffer>;
  readonly seed: Int32Array;
  /** `STOP` and `RULES`. */
  readonly orders: Int32Array<SharedArrayBuffer>;
};

/** In `orders`: not 0 once the thread is to end; how many `Rules` were sent to it. */
export const STOP = 0;
export const RULES = 1;
