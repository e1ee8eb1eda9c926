/** Exchanges over one WebSocket: each costs least, and nothing in them is signed. */
import { ok, type Result, refuse } from '#contract/result.ts';
import { attempt } from './attempt.ts';
import { type Exchange, type Exchanged, type ExchangeRefusal, newNonce } from './exchange.ts';
import { noAnswer } from './no-answer.ts';
import { readTold } from './told.ts';

/** No message is longer, in characters. */
const MAX_MESSAGE = 1_024;
/** How an edge closes where it does not know the time. */
const NO_TIME = 1013;

/** @param edge - its origin, or any URL of it. The socket is opened by the first exchange, and anew after the edge closed it. */
export const overWebSocket = (edge: string | URL): Exchange & { readonly close: () => void } => {
  const url = new URL('/ws', edge);
  url.protocol = url.protocol.replace('http', 'ws');
  let socket: WebSocket | undefined;

  const exchange: Exchange = async ({ keys, floor }, signal) => {
    if (keys) throw new TypeError('nothing over a WebSocket is signed: with a gatewayKey, leave out `transport`');
    if (socket?.readyState !== WebSocket.OPEN) {
      socket?.close();
      socket = attempt(() => new WebSocket(url)); // a page that came by https may open none to plain http
      if (!socket) return refuse(noAnswer(signal));
      const opened = await untilOpen(socket, signal);
      if (!opened.ok) return opened;
    }
    const exchanged = await ask(socket, newNonce(), floor, signal);
    if (!exchanged.ok) socket.close(); // an answer that still comes is to no question of the next socket's
    return exchanged;
  };
  return Object.assign(exchange, { close: () => socket?.close() });
};

const untilOpen = (socket: WebSocket, signal: AbortSignal): Promise<Result<true, ExchangeRefusal>> =>
  untilHeard(socket, signal, (hear) => {
    socket.onopen = () => hear(ok(true));
  });

const ask = (
  socket: WebSocket,
  nonce: string,
  floor: number,
  signal: AbortSignal,
): Promise<Result<Exchanged, ExchangeRefusal>> =>
  untilHeard(socket, signal, (hear) => {
    socket.onmessage = ({ data }) => {
      const received = performance.now();
      const text = typeof data === 'string' && data.length <= MAX_MESSAGE ? data : '';
      const told = readTold(text, 't1', nonce, floor);
      hear(told.ok ? ok({ sent, received, told: told.value, isLight: true }) : told);
    };
    const sent = performance.now();
    socket.send(nonce);
  });

/** What `listen` hears, unless the socket closes or the signal ends it first. Then nobody listens any more. */
const untilHeard = <Heard>(
  socket: WebSocket,
  signal: AbortSignal,
  listen: (hear: (heard: Result<Heard, ExchangeRefusal>) => void) => void,
): Promise<Result<Heard, ExchangeRefusal>> =>
  new Promise((resolve) => {
    const hear = (heard: Result<Heard, ExchangeRefusal>): void => {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      signal.removeEventListener('abort', end);
      resolve(heard);
    };
    const end = (): void => {
      hear(refuse(noAnswer(signal)));
      socket.close();
    };
    if (signal.aborted) return end();
    signal.addEventListener('abort', end);
    socket.onclose = ({ code }) => hear(refuse(code === NO_TIME ? 'no-time' : noAnswer(signal)));
    socket.onerror = () => hear(refuse(noAnswer(signal))); // Node 22 tells of no close where none was open
    listen(hear);
  });

/** After so many in a row it is the WebSocket that does not get through: some proxies let none. */
const MOST_FAILURES = 3;
/** Who was not met there may be on another way. */
const NOBODY: readonly ExchangeRefusal[] = ['offline', 'unreachable', 'timeout'];

/** By the first way or, where nobody is met on it, by the second. @param hurry - ends the first soon enough for the second. */
export const eitherWay = (first: Exchange, second: Exchange, hurry: () => AbortSignal): Exchange => {
  let failures = 0;
  return async (asked, signal) => {
    if (failures < MOST_FAILURES) {
      const exchanged = await first(asked, AbortSignal.any([signal, hurry()]));
      const isMet = exchanged.ok || !NOBODY.includes(exchanged.reason);
      failures = isMet ? 0 : failures + 1;
      if (isMet || signal.aborted) return exchanged;
    }
    const exchanged = await second(asked, signal);
    if (!exchanged.ok) failures = 0; // the network, rather
    return exchanged;
  };
};
