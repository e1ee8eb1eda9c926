/** What the routes work with. */
import type { Context } from 'hono';
import type { GatewayKeys } from '#contract/signed-sample.ts';
import type { Settings } from './env.ts';
import type { Isolate } from './isolate.ts';
import type { Problem } from './problem.ts';
import type { Keeper, TimekeeperObject } from './timekeeper-object.ts';

/** What the platform binds to the Worker, beside the settings. */
export type Bindings = { readonly TIMEKEEPER: DurableObjectNamespace<TimekeeperObject> };

export type Ports = {
  readonly settings: Settings;
  readonly isolate: Isolate;
  readonly gatewayKeys: () => Promise<GatewayKeys>;
  /** The object's stub, which belongs to one request. */
  readonly keeper: (bindings: Bindings) => Keeper;
};

/** `refusal`: the word of a refused request, to be counted on its way out. */
export type EdgeEnv = { Bindings: Bindings; Variables: { refusal?: Problem } };
export type EdgeContext = Context<EdgeEnv>;
