/** The edge: samples in, time out. */
import { env as variables } from 'cloudflare:workers';
import type { Hono } from 'hono';
import { createApp } from './app.ts';
import { readSettings } from './env.ts';
import type { Bindings, EdgeEnv } from './ports.ts';
import type { Keeper } from './timekeeper-object.ts';

export { TimekeeperObject } from './timekeeper-object.ts';

/** Read as the isolate starts, so that a bad setting fails the deployment and not the first caller. */
const settings = readSettings({ ...variables });

// One object for all gateways, wherever it was first asked for.
const keeper = ({ TIMEKEEPER }: Bindings): Keeper => TIMEKEEPER.getByName('timekeeper') as unknown as Keeper;
let app: Hono<EdgeEnv> | undefined;

export default {
  fetch: (request, env, context) => {
    app ??= createApp({ settings, keeper, cache: caches.default, clock: () => Date.now() });
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Bindings>;
