/** Where edges ask for the time, as the main thread sees it. */
import type { SigningKey } from '#contract/jws.ts';
import type { Endpoint } from '../config.ts';
import { newPullCounters, pullsOf } from '../protocol/pull-counters.ts';
import { openSlept } from './clocks.ts';
import { type Listener, startListener } from './listener.ts';
import type { PullChanging, PullData } from './pull-thread.ts';
import { SetupError } from './setup-error.ts';

export type PullServer = Listener<PullChanging> & { readonly counters: () => Readonly<Record<string, number>> };

/** 256 heads, and what is being signed. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

/** @throws SetupError where an address cannot be listened on, and where a sleep of this host would go unnoticed. */
export const servePulls = async (
  listen: readonly Endpoint[],
  { key, ...context }: Omit<PullData, 'listen' | 'counters'>,
): Promise<PullServer> => {
  // After a sleep, until the gateway has noticed it too, the time that is told is too early.
  if (!openSlept()) throw new SetupError('cannot answer edges here: it needs Linux, which counts how long it slept');
  const counters = newPullCounters();
  const { follow, close } = await startListener<PullData, PullChanging>(
    { program: 'pull', what: 'pulled times', task: 'answers edges', limits: LIMITS },
    { listen, ...context, key: bare(key), counters },
  );
  return {
    counters: () => pullsOf(counters),
    follow: ({ key: next, ...changed }) => follow({ ...changed, ...(next && { key: bare(next) }) }),
    close,
  };
};

/** Plain data: nothing more that a key may bring along. */
const bare = ({ id, privateKey }: SigningKey): SigningKey => ({ id, privateKey });
