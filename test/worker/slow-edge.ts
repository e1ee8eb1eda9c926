/** The Worker with an object that takes its time, and that knows of a gateway which may be asked. Bundled by test/system. */
import { env as variables } from 'cloudflare:workers';
import type { Hono } from 'hono';
import { milliseconds, unixMillis } from '#contract/time.ts';
import { createApp } from '../../worker/app.ts';
import { readSettings } from '../../worker/env.ts';
import type { Keeper, Knowledge } from '../../worker/keeper.ts';
import type { Bindings, EdgeEnv } from '../../worker/ports.ts';
import { TimekeeperObject as Real } from '../../worker/timekeeper-object.ts';

const { SLOW_MS, PULL_URL, ...others } = variables as unknown as {
  readonly SLOW_MS: number;
  readonly PULL_URL: string;
};
const settings = readSettings(others);

export class TimekeeperObject extends Real {
  override async knowledge(): Promise<Knowledge> {
    await scheduler.wait(SLOW_MS);
    const known = await super.knowledge();
    const now = unixMillis(known.objectUnixMs);
    const own = { below: milliseconds(0), above: milliseconds(0) };
    const gateways = Object.keys(settings.gatewayKeys).map((gateway) => ({
      gateway,
      epoch: 1,
      sequence: 1,
      sha256: 's',
      synchronized: true,
      leap: 'none' as const,
      stratum: 1,
      taiOffsetSeconds: 37,
      lineage: [gateway],
      receivedUnixMs: known.objectUnixMs,
      newest: { earliest: now, estimate: now, latest: now, readings: [], own },
      bounds: [],
      pull: { url: PULL_URL, aud: 'http://edge.test' },
      readingsRefused: 0,
    }));
    return { ...known, gateways };
  }
}

let app: Hono<EdgeEnv> | undefined;
export default {
  fetch: (request, env, context) => {
    app ??= createApp({
      settings,
      keeper: ({ TIMEKEEPER }) => TIMEKEEPER.getByName('timekeeper') as unknown as Keeper,
      cache: caches.default,
      clock: () => Date.now(),
      fetch: (url, init) => fetch(url, init),
    });
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Bindings>;
