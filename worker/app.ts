/** The routes, in the order in which a request meets them. */
import { Hono } from 'hono';
import { METHOD_NAME_ALL } from 'hono/router';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import { refuse } from '#contract/result.ts';
import type { Settings } from './env.ts';
import { createIsolate } from './isolate.ts';
import { openLocationCache } from './location-cache.ts';
import type { Bindings, EdgeContext, EdgeEnv, Ports } from './ports.ts';
import { preflightPost } from './preflight.ts';
import { type Problem, problem } from './problem.ts';
import { type AskPorts, createAskGateway } from './pull.ts';
import { randomName, randomNonce } from './random-name.ts';
import { limitRate } from './rate-limit.ts';
import { createRoughtime } from './roughtime.ts';
import { getDash } from './routes/dash.ts';
import { getHealth } from './routes/health.ts';
import { getHttpsTime } from './routes/https-time.ts';
import { getJwks } from './routes/jwks.ts';
import { getKeys } from './routes/keys.ts';
import { getPage } from './routes/page.ts';
import { getRoughtimeServers, postRoughtime } from './routes/roughtime.ts';
import { getSamples, postSample } from './routes/samples.ts';
import { getTime } from './routes/time.ts';
import { postTimesync } from './routes/timesync.ts';
import { getWs } from './routes/ws.ts';
import { createSigner } from './signer.ts';
import { createFindSigning } from './signing-key.ts';
import type { Keeper } from './timekeeper-object.ts';

export type AppOptions = {
  readonly settings: Settings;
  readonly keeper: (bindings: Bindings, request: Request) => Keeper;
  /** Of the location that this isolate runs at. */
  readonly cache: Cache;
  /** `Date.now` */
  readonly clock: () => number;
  readonly fetch: AskPorts['fetch'];
};

/** Not before the first request: an isolate has no dice until then, and its name needs some. */
export const createApp = ({ settings, keeper, cache, clock, fetch }: AppOptions): Hono<EdgeEnv> => {
  // What is remembered is the keys, not the promise of them: one request's promises may die with it.
  let keys: GatewayKeys | undefined;
  const importKeys = async (): Promise<GatewayKeys> =>
    new Map(
      await Promise.all(Object.entries(settings.gatewayKeys).map(([gateway, x]) => importGatewayKey(gateway, x))),
    );
  const gatewayKeys = async (): Promise<GatewayKeys> => {
    keys ??= await importKeys();
    return keys;
  };
  const askGateway = createAskGateway({ fetch, nonce: randomNonce, gatewayKeys });
  const isolate = createIsolate(randomName(), settings, clock, askGateway);
  const findSigning = createFindSigning(isolate);
  const ports: Ports = {
    settings,
    isolate,
    gatewayKeys,
    sign: createSigner(findSigning),
    roughtime: createRoughtime(findSigning),
    scope: (c) => ({
      keeper: () => keeper(c.env, c.req.raw),
      cache: () => openLocationCache(cache, new URL(c.req.url).origin, settings.refreshMs),
      background: (call) => c.executionCtx.waitUntil(call),
    }),
  };
  const refusals = new Map<Problem, number>();
  const count = (refusal: Problem): void => void refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
  const app = new Hono<EdgeEnv>();
  app.use(async (c, next) => {
    await next();
    const refusal = c.get('refusal');
    if (refusal) count(refusal);
  });
  app.use(limitRate);

  app.get('/time', getTime(ports));
  app.get('/.well-known/time', getHttpsTime(ports));
  app.get('/dash/xsdate', getDash(ports, 'xsdate'));
  app.get('/dash/iso', getDash(ports, 'iso'));
  app.get('/dash/ntp', getDash(ports, 'ntp'));
  app.get('/dash/head', getDash(ports, 'head'));
  app.post('/timesync', postTimesync(ports));
  app.options('/timesync', preflightPost);
  app.post('/roughtime', postRoughtime(ports));
  app.options('/roughtime', preflightPost);
  app.get('/.well-known/roughtime.json', getRoughtimeServers(ports));
  app.get('/ws', getWs(ports, count));
  app.get('/samples', getSamples(ports));
  app.post('/samples', postSample(ports));
  app.get('/health', getHealth(ports, refusals));
  app.get('/.well-known/jwks.json', getJwks(ports));
  app.get('/keys', getKeys(ports));
  app.get('/', getPage(ports));

  // Whatever is left: a known path asked in another way, or none of ours.
  for (const [path, methods] of methodsOf(app)) app.all(path, refuseMethod(methods.sort().join(', ')));
  app.notFound((c) => problem(c, refuse('no-such-path')));
  app.onError((error, c) => {
    console.error(error); // a fault of ours: each one is worth a line, and its stack stays here
    return problem(c, refuse('unexpected'));
  });
  return app;
};

/** HEAD goes where GET goes. */
const methodsOf = ({ routes }: Hono<EdgeEnv>): Map<string, string[]> => {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes)
    if (method !== METHOD_NAME_ALL)
      methods.set(path, [...(methods.get(path) ?? []), method, ...(method === 'GET' ? ['HEAD'] : [])]);
  return methods;
};

const refuseMethod = (allow: string) => (c: EdgeContext) =>
  problem(c, refuse('method-not-allowed'), {}, { Allow: allow });
