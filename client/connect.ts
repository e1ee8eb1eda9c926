/** The clock in the world of a browser, one of its workers, or Node: `/clock.js`. */
import { refuse } from '#contract/result.ts';
import { attempt } from './attempt.ts';
import { type Clock, openClock, type World } from './clock.ts';
import { judgeDevice, lookAtClocks } from './device.ts';
import type { Device } from './estimate.ts';
import { type ExchangeRefusal, overHttp } from './exchange.ts';
import { floorIn } from './floor.ts';
import { getByFetch, type HttpGet } from './http-get.ts';
import { loadVerify } from './load-verify.ts';
import { noAnswer } from './no-answer.ts';
import { eitherWay, overWebSocket } from './websocket-exchange.ts';

export type { Change, Clock } from './clock.ts';
export type { Reading, Skew } from './estimate.ts';

export type Options = {
  /** The id of a gateway's key, as `noonmark-gateway keys` prints it: then every answer has to be signed on its word. */
  readonly gatewayKey?: string;
  /** Where the newest verified time is kept. In a page that is its localStorage; elsewhere nowhere, unless it is told. */
  readonly floor?: World['floor'];
  /** What comes over a WebSocket costs least, and is not signed. By default it is tried first, unless a key is pinned or `get` is given. */
  readonly transport?: 'fetch' | 'websocket';
  /** In place of `fetch`. */
  readonly get?: HttpGet;
  /** In place of `performance.now()` and `Date.now()`: what `get` reads, too. */
  readonly clocks?: Device & Pick<World, 'look'>;
  /** In ms: how long one exchange may take. */
  readonly timeout?: number;
};

/** Why `connect` failed, in the word that the documentation lists. */
export class NoTime extends Error {
  readonly reason: ExchangeRefusal | 'contradiction';
  constructor(reason: ExchangeRefusal | 'contradiction', detail?: string) {
    super(detail ? `${reason}: ${detail}` : reason);
    this.reason = reason;
  }
}

const PATIENCE_MS = 5_000;

/**
 * Resolves with the first answer, one round trip after the connection stands.
 *
 * @param url - of an edge: its origin, or any URL of it. @throws NoTime where the first question had no good answer.
 */
export const connect = async (url: string | URL, options: Options = {}): Promise<Clock> => {
  const clock = open(url, options);
  await new Promise<void>((resolve, reject) => {
    clock.onChange((change) => {
      if (change.kind === 'exchanged') resolve();
      if (change.kind === 'refused') reject(new NoTime(change.reason, change.detail));
    });
  }).catch((error) => {
    clock.close();
    throw error;
  });
  return clock;
};

/** The same without waiting: it may know nothing yet, and tries until it is closed. */
export const open = (url: string | URL, options: Options = {}): Clock => {
  const { gatewayKey, transport, floor, timeout = PATIENCE_MS } = options;
  const get = options.get ? orUnreachable(options.get) : getByFetch;
  const clocks = options.clocks ?? { ...judgeDevice(), look: lookAtClocks };
  if (transport === 'websocket' && gatewayKey !== undefined)
    throw new TypeError('nothing over a WebSocket is signed: with a gatewayKey, leave out `transport`');
  if (gatewayKey !== undefined && !crypto.subtle)
    throw new TypeError('a gatewayKey takes a secure context, https or localhost: browsers verify nothing elsewhere');
  const http = overHttp(get, url);
  const isPlain = gatewayKey === undefined && options.get === undefined;
  const socket = transport === 'websocket' || (!transport && isPlain) ? overWebSocket(url) : undefined;
  let leaving = new AbortController();
  const clock = openClock({
    ...clocks,
    exchange: !socket ? http : transport ? socket : eitherWay(socket, http, () => AbortSignal.timeout(timeout / 2)),
    ...(gatewayKey !== undefined && {
      keys: (signal: AbortSignal) =>
        loadVerify().then(
          ({ fetchGatewayKey }) => fetchGatewayKey(get, url, gatewayKey, signal),
          () => refuse(noAnswer(signal), 'verify.js'),
        ),
    }),
    floor: floor ?? floorIn(pageStorage(), `noonmark floor ${gatewayKey ?? ''}`),
    timer: (ms, fire) => {
      const timer = setTimeout(fire, ms);
      return () => clearTimeout(timer);
    },
    patience: () => AbortSignal.any([AbortSignal.timeout(timeout), leaving.signal]),
    end: () => {
      socket?.close();
      forget();
    },
  });
  const leave = (): void => {
    leaving.abort();
    leaving = new AbortController();
    socket?.close(); // it would stay open, and silent
    clock.refresh(); // which says so at once
  };
  const forget = heed(clock, leave);
  return clock;
};

/** Where somebody else's fails in its own way, the clock goes on asking. */
const orUnreachable =
  (get: HttpGet): HttpGet =>
  async (url, signal) => {
    try {
      return await get(url, signal);
    } catch {
      return refuse(noAnswer(signal));
    }
  };

/** A page may be forbidden to keep anything. */
const pageStorage = (): Storage | undefined => ('document' in globalThis ? attempt(() => localStorage) : undefined);

/** @returns a function that ends it. */
const heed = ({ refresh, now }: Clock, leave: () => void): (() => void) => {
  const end = new AbortController();
  const on = (target: object | undefined, event: string, act: () => void): void =>
    (target as EventTarget | undefined)?.addEventListener?.(event, act, { signal: end.signal });
  const { document, navigator } = globalThis as { document?: object; navigator?: { connection?: object } };
  on(globalThis, 'online', refresh);
  on(globalThis, 'offline', leave);
  on(navigator?.connection, 'change', refresh); // another way to the edge
  on(document, 'visibilitychange', now); // which looks at the clocks: the timers of a hidden page are late
  return () => end.abort();
};
