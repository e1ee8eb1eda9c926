/** The Roughtime server, as the main thread sees it. */
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import type { Endpoint } from '../config.ts';
import type { Policy } from '../protocol/policy.ts';
import { newRoughtimeCounters, roughtimeOf } from '../protocol/roughtime-counters.ts';
import { openSlept } from './clocks.ts';
import { type Listener, startListener } from './listener.ts';
import type { RoughtimeChanging, RoughtimeData } from './roughtime-thread.ts';
import { SetupError } from './setup-error.ts';

export type RoughtimeServer = Listener<RoughtimeChanging> & {
  readonly counters: () => Readonly<Record<string, number>>;
};

/** What waits to be answered, and what waits to be read of 256 connections. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

/**
 * @param lines - of the clock that is not smeared.
 * @throws SetupError where an address cannot be listened on, and where a sleep of this host would go unnoticed.
 */
export const serveRoughtime = async (
  listen: readonly Endpoint[],
  policy: Policy,
  longTerm: RoughtimeKey,
  lines: SharedArrayBuffer,
): Promise<RoughtimeServer> => {
  // After a sleep, until the gateway has noticed it too, the time that is told is too early. Signed, it would be evidence.
  if (!openSlept()) throw new SetupError('cannot serve Roughtime here: it needs Linux, which counts how long it slept');
  const counters = newRoughtimeCounters();
  const thread = await startListener<RoughtimeData, RoughtimeChanging>(
    { program: 'roughtime', what: 'Roughtime', task: 'answers Roughtime', limits: LIMITS },
    { listen, policy, longTerm, lines, counters },
  );
  return { ...thread, counters: () => roughtimeOf(counters) };
};
