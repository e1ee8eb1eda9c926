/** For real processes and sockets alone, whose readiness nothing announces. Where time can be injected, inject it. */
import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 20;

/**
 * Asks again and again until `condition` gives something other than undefined or false.
 *
 * @param what - what is awaited, for the message when it does not come.
 */
export const waitFor = async <Value>(
  what: string,
  condition: () => Value | undefined | false | Promise<Value | undefined | false>,
  withinMs = 30_000,
): Promise<Value> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await sleep(EVERY_MS);
  }
};
