/** Files share one workerd, which saves the time to start one for each: every file begins with objects that know nothing. */
import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll } from 'vitest';
import type { Keeper } from '../../worker/keeper.ts';
import type { Bindings } from '../../worker/ports.ts';

/** `reset` passes over an object that was put away, as each is ten seconds after its last call: a busy machine takes as long. */
beforeAll(async () => {
  const { TIMEKEEPER } = env as unknown as Bindings;
  await (TIMEKEEPER.getByName('timekeeper') as unknown as Keeper).knowledge();
  await reset();
});
