/** What the routes work with. */
import type { Context } from 'hono';
import type { GatewayKeys } from '#contract/gateway-keys.ts';
import type { RequestScope } from './asking.ts';
import type { Settings } from './env.ts';
import type { Isolate } from './isolate.ts';
import type { Problem } from './problem.ts';
import type { AnswerRoughtime } from './roughtime.ts';
import type { Sign } from './signer.ts';

/** What the platform binds to the Worker, beside the settings. */
export type Bindings = {
  /** Of `TimekeeperObject` and `RegionalCopyObject`; objects.ts says who is asked what. */
  readonly TIMEKEEPER: DurableObjectNamespace;
  readonly COPIES: DurableObjectNamespace;
  /** How often an address may have what is answered from memory, and what costs more. Where they are not bound, as often as it likes. */
  readonly ANSWER_LIMIT?: RateLimit;
  readonly CALL_LIMIT?: RateLimit;
};

export type Ports = {
  readonly settings: Settings;
  readonly isolate: Isolate;
  readonly gatewayKeys: () => Promise<GatewayKeys>;
  readonly sign: Sign;
  readonly roughtime: AnswerRoughtime;
  readonly scope: (c: EdgeContext) => RequestScope;
};

/** `refusal`: the word of a refused request, to be counted on its way out. */
export type EdgeEnv = { Bindings: Bindings; Variables: { refusal?: Problem } };
export type EdgeContext = Context<EdgeEnv>;
