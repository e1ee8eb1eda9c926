/** Exchanges over one WebSocket: least to wait for, and nothing in them is signed. */
import { ok, type Result, refuse } from '#contract/result.ts';
import { type Exchange, type Exchanged, type ExchangeRefusal, newNonce } from './exchange.ts';
import { readTold } from './told.ts';

/** No message is longer, in characters. */
const MAX_MESSAGE = 1_024;

/** @param edge - its origin, or any URL of it. The socket is opened by the first exchange, and anew after the edge closed it. */
export const overWebSocket = (edge: string | URL): Exchange & { readonly close: () => void } => {
  const url = new URL('/ws', edge);
  url.protocol = url.protocol.replace('http', 'ws');
  let socket: WebSocket | undefined;

  const exchange: Exchange = async ({ keys, floor }, signal) => {
    if (keys) throw new TypeError('what comes over a WebSocket is not signed: with a pinned key, use fetch');
    if (socket?.readyState !== WebSocket.OPEN) {
      socket?.close();
      socket = await opened(new WebSocket(url), signal);
    }
    if (!socket) return refuse(signal.aborted ? 'timeout' : 'unreachable');
    return ask(socket, newNonce(), floor, signal);
  };
  return Object.assign(exchange, { close: () => socket?.close() });
};

const opened = (socket: WebSocket, signal: AbortSignal): Promise<WebSocket | undefined> =>
  new Promise((resolve) => {
    const fail = (): void => {
      socket.close();
      resolve(undefined);
    };
    socket.onopen = () => resolve(socket);
    socket.onclose = fail;
    signal.addEventListener('abort', fail, { once: true });
  });

const ask = (
  socket: WebSocket,
  nonce: string,
  floor: number,
  signal: AbortSignal,
): Promise<Result<Exchanged, ExchangeRefusal>> =>
  new Promise((resolve) => {
    const fail = (): void => {
      socket.close(); // an answer that still comes is to no question of the next socket's
      resolve(refuse(signal.aborted ? 'timeout' : 'unreachable'));
    };
    socket.onclose = fail;
    signal.addEventListener('abort', fail, { once: true });
    socket.onmessage = ({ data }) => {
      const received = performance.now();
      const text = typeof data === 'string' && data.length <= MAX_MESSAGE ? data : '';
      const told = readTold(text, 't1', nonce, floor);
      resolve(told.ok ? ok({ sent, received, told: told.value }) : told);
    };
    const sent = performance.now();
    socket.send(nonce);
  });
