/** The edge: samples in, time out. */
import { env as variables } from 'cloudflare:workers';
import type { Hono } from 'hono';
import { createApp } from './app.ts';
import { readSettings } from './env.ts';
import { keeperNear } from './objects.ts';
import type { Bindings, EdgeEnv } from './ports.ts';
import type { Place } from './region.ts';

export { RegionalCopyObject } from './regional-copy-object.ts';
export { TimekeeperObject } from './timekeeper-object.ts';

/** Read as the isolate starts, so that a bad setting fails the deployment and not the first caller. */
const settings = readSettings({ ...variables });

let app: Hono<EdgeEnv> | undefined;

export default {
  fetch: (request, env, context) => {
    app ??= createApp({
      settings,
      keeper: (bindings, { cf }) => keeperNear(settings, bindings, cf as Place | undefined),
      cache: caches.default,
      clock: () => Date.now(),
      fetch: (url, init) => fetch(url, init),
    });
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Bindings>;
