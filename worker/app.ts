/** The routes, in the order in which a request meets them. */
import { Hono } from 'hono';
import { refuse } from '#contract/result.ts';
import type { Settings } from './env.ts';
import { createGatewayKeys } from './gateway-keys.ts';
import { createIsolate } from './isolate.ts';
import type { Keeper } from './keeper.ts';
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
import { getKeys, postKeys } from './routes/keys.ts';
import { getPage } from './routes/page.ts';
import { getRoughtimeServers, postRoughtime } from './routes/roughtime.ts';
import { getSamples, postSample } from './routes/samples.ts';
import { getTime } from './routes/time.ts';
import { postTimesync } from './routes/timesync.ts';
import { getWs } from './routes/ws.ts';
import { createSigner } from './signer.ts';
import { createFindSigning } from './signing-key.ts';

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
  const gatewayKeys = createGatewayKeys(settings.gatewayKeys, () => isolate.chains());
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
  /** What is done for each request, in one function: a chain of middleware is a twentieth of a short answer's cost. */
  const route =
    (answer: Answering): Answering =>
    async (c) => {
      const response = (await limitRate(c)) ?? (await answer(c));
      const refusal = c.get('refusal');
      if (refusal) count(refusal);
      return response;
    };

  app.get('/time', route(getTime(ports)));
  app.get('/.well-known/time', route(getHttpsTime(ports)));
  app.get('/dash/xsdate', route(getDash(ports, 'xsdate')));
  app.get('/dash/iso', route(getDash(ports, 'iso')));
  app.get('/dash/ntp', route(getDash(ports, 'ntp')));
  app.get('/dash/head', route(getDash(ports, 'head')));
  app.post('/timesync', route(postTimesync(ports)));
  app.options('/timesync', route(preflightPost));
  app.post('/roughtime', route(postRoughtime(ports)));
  app.options('/roughtime', route(preflightPost));
  app.get('/.well-known/roughtime.json', route(getRoughtimeServers(ports)));
  app.get('/ws', route(getWs(ports, count)));
  app.get('/samples', route(getSamples(ports)));
  app.post('/samples', route(postSample(ports)));
  app.get('/health', route(getHealth(ports, refusals)));
  app.get('/.well-known/jwks.json', route(getJwks(ports)));
  app.get('/keys', route(getKeys(ports)));
  app.post('/keys', route(postKeys(ports)));
  app.get('/', route(getPage(ports)));

  // Whatever is left: a known path asked in another way, or none of ours.
  const methods = methodsOf(app);
  app.notFound(
    route((c) => {
      const allowed = methods.get(c.req.path);
      if (!allowed) return problem(c, refuse('no-such-path'));
      return problem(c, refuse('method-not-allowed'), {}, { Allow: allowed.toSorted().join(', ') });
    }),
  );
  app.onError((error, c) => {
    console.error(error); // a fault of ours: each one is worth a line, and its stack stays here
    count('unexpected');
    return problem(c, refuse('unexpected'));
  });
  return app;
};

type Answering = (c: EdgeContext) => Response | Promise<Response>;

/** HEAD goes where GET goes. */
const methodsOf = ({ routes }: Hono<EdgeEnv>): Map<string, string[]> => {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes)
    methods.set(path, [...(methods.get(path) ?? []), method, ...(method === 'GET' ? ['HEAD'] : [])]);
  return methods;
};
