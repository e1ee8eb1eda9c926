/** The real app over the real object, and a gateway that signs with a real key. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type Delegation, LONGEST_DELEGATION, signDelegation } from '#contract/delegation.ts';
import { certifyDelegation, type EdgeCertificates } from '#contract/edge-certificates.ts';
import type { EdgeReading } from '#contract/edge-reading.ts';
import { keyId, type SigningKey } from '#contract/jws.ts';
import { signSample } from '#contract/signed-sample.ts';
import { after, type UnixNanos, unixMillis } from '#contract/time.ts';
import type { ReadingBound, TimeSample } from '#contract/time-sample.ts';
import { type AppOptions, createApp } from '../../worker/app.ts';
import { readSettings } from '../../worker/env.ts';
import type { Keeper } from '../../worker/keeper.ts';
import type { Bindings } from '../../worker/ports.ts';
import { exampleSample } from '../contract/example.ts';
import { onlineKey, otherKey } from '../contract/roughtime/forge.ts';
import { expectDescribed } from './described.ts';
import { PRIVATE_KEYS } from './variables.ts';

export const ORIGIN = 'https://edge.test';
export const bindings = env as unknown as Bindings;
export const stub = () => bindings.TIMEKEEPER.getByName('timekeeper');
export const realKeeper = (): Keeper => stub() as unknown as Keeper;

type Options = {
  /** Over those that the object has too. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly clock?: () => number;
  readonly keeper?: AppOptions['keeper'];
  readonly cache?: Cache;
  readonly fetch?: AppOptions['fetch'];
};

/** One isolate: a function that answers requests as the Worker does. */
export const startIsolate = ({
  variables = {},
  clock = Date.now,
  keeper = realKeeper,
  cache = caches.default,
  fetch = () => Promise.reject(new Error('nobody answers')),
}: Options = {}) => {
  const app = createApp({ settings: readSettings({ ...env, ...variables }), clock, keeper, cache, fetch });
  return async (path: string, init?: RequestInit): Promise<Response> => {
    const context = createExecutionContext();
    const response = await app.request(`${ORIGIN}${path}`, init, bindings, context);
    await waitOnExecutionContext(context);
    // A socket's response cannot be read twice.
    const copy = response.webSocket ? response : response.clone();
    await expectDescribed(init?.method ?? 'GET', new URL(`${ORIGIN}${path}`).pathname, copy);
    return response;
  };
};
export type Ask = ReturnType<typeof startIsolate>;

export const millis = (ms: number): UnixNanos =>
  (unixMillis(Math.floor(ms)) + BigInt(Math.round((ms % 1) * 1e6))) as UnixNanos;

/** Of Roughtime, for this edge. */
export const LONG_TERM_KEYS = { 'gw-1': otherKey, 'gw-2': onlineKey } as const;

/** Epochs only go up, and the object lives as long as the file: each gateway of a test begins a new one. */
let epochs = 0;

/** A gateway whose clock is this machine's, to within 1 ms. */
export const createGateway = async (gateway: keyof typeof PRIVATE_KEYS = 'gw-1') => {
  const jwk = PRIVATE_KEYS[gateway];
  const privateKey = await crypto.subtle.importKey('jwk', { ...jwk }, { name: 'Ed25519' }, false, ['sign']);
  let key: SigningKey = { id: await keyId(jwk.x), privateKey };
  const epoch = ++epochs;
  let sequence = 0;
  let previousSha256: string | null = null;
  let readings: ReadingBound[] = [];
  let delegations: readonly string[] = [];
  let certified: readonly EdgeCertificates[] = [];

  const wordFor = (edgeKey: string, over: Partial<Delegation> = {}): Delegation => {
    const validFromUnixNs = millis(Date.now() - 600_000);
    const validUntilUnixNs = after(validFromUnixNs, LONGEST_DELEGATION);
    return { version: 1, gateway, edgeKey, aud: ORIGIN, validFromUnixNs, validUntilUnixNs, ...over };
  };
  const delegate = (edgeKey: string, over?: Partial<Delegation>): Promise<string> =>
    signDelegation(wordFor(edgeKey, over), key);

  const make = (over: Partial<TimeSample> = {}): TimeSample => {
    const now = Date.now();
    return {
      ...exampleSample,
      gateway,
      lineage: [gateway],
      aud: ORIGIN,
      epoch,
      sequence,
      estimateUnixNs: millis(now + 0.5),
      earliestUnixNs: millis(now),
      latestUnixNs: millis(now + 1),
      validFromUnixNs: millis(now),
      validUntilUnixNs: millis(now + 300_000),
      previousSha256,
      readings,
      delegations: [...delegations],
      ...(!over.delegations && { roughtime: [...certified] }),
      ...over,
    };
  };

  return {
    key,
    /** From now on it signs with another key. */
    change: (next: SigningKey): void => {
      key = next;
    },
    epoch,
    make,
    wordFor,
    delegate,
    sign: async (over?: Partial<TimeSample>): Promise<string> => signSample(make(over), key),
    /** One publish, and what goes with it into the next. */
    post: async (ask: Ask, over: Partial<TimeSample> = {}): Promise<Response> => {
      const sent = Date.now();
      const response = await ask('/samples', { method: 'POST', body: await signSample(make(over), key) });
      const received = Date.now() + 1;
      if (response.status !== 200) return response;
      const reading = await response.clone().json<EdgeReading & { edgeKeys: string[] }>();
      const bound = {
        earliestUnixNs: millis(sent),
        estimateUnixNs: millis((sent + received) / 2),
        latestUnixNs: millis(received),
      };
      readings = [{ ...reading, ...bound }];
      previousSha256 = reading.sampleSha256;
      sequence++;
      const words = reading.edgeKeys.map((edgeKey) => wordFor(edgeKey));
      delegations = await Promise.all(words.map((word) => signDelegation(word, key)));
      certified = await Promise.all(words.map((word) => certifyDelegation(word, LONG_TERM_KEYS[gateway])));
      return response;
    },
  };
};
