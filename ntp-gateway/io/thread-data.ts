/** What an answering thread is given when it starts. All of it that changes later is shared memory. */
import type { ServerSocket } from '#native/server-sockets.ts';
import type { Policy } from '../protocol/policy.ts';

export type ThreadData = {
  /** For each address that is listened on. */
  readonly sockets: readonly ServerSocket[];
  readonly lines: SharedArrayBuffer;
  readonly policy: Policy;
  readonly clients: SharedArrayBuffer;
  readonly clientsKey: Int32Array;
  readonly counters: Float64Array<SharedArrayBuffer>;
  readonly seed: Int32Array;
  /** `STOP` and `POLICIES`. */
  readonly orders: Int32Array<SharedArrayBuffer>;
};

/** In `orders`: not 0 once the thread is to end; how many policies were sent to it. */
export const STOP = 0;
export const POLICIES = 1;
