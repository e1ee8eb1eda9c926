/** The edge: samples in, time out. */
import { env as variables } from 'cloudflare:workers';
import type { Hono } from 'hono';
import { importGatewayKey } from '#contract/signed-sample.ts';
import { createApp } from './app.ts';
import { readSettings } from './env.ts';
import { createIsolate } from './isolate.ts';
import type { Bindings, EdgeEnv } from './ports.ts';
import { randomName } from './random-name.ts';
import type { Keeper } from './timekeeper-object.ts';

export { TimekeeperObject } from './timekeeper-object.ts';

/** Read as the isolate starts, so that a bad setting fails the deployment and not the first caller. */
const settings = readSettings({ ...variables });

const start = (): Hono<EdgeEnv> => {
  const keys = Promise.all(Object.entries(settings.gatewayKeys).map(([gateway, x]) => importGatewayKey(gateway, x)));
  return createApp({
    settings,
    isolate: createIsolate(randomName(), settings, () => Date.now()),
    gatewayKeys: async () => new Map(await keys),
    // One object for all gateways, wherever it was first asked for.
    keeper: ({ TIMEKEEPER }) => TIMEKEEPER.getByName('timekeeper') as unknown as Keeper,
  });
};
let app: Hono<EdgeEnv> | undefined;

export default {
  fetch: (request, env, context) => {
    app ??= start();
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Bindings>;
