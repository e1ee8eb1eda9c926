/**
 * `node:http` without what else hangs on it: `import` reads every name that it exports, WebSocket too, and so loads undici,
 * some 5 MiB in each thread. The types are still its own.
 */
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import process from 'node:process';

export const { Agent, createServer, request } = process.getBuiltinModule('node:http');

/** Connecting, or with its handshake ahead of it. Through a proxy a connection comes with that done. */
export const isOpening = (socket: Socket & { readonly secureConnecting?: boolean }): boolean =>
  socket.secureConnecting ?? socket.connecting;

/** Calls `send` on an open connection, where the next that leaves is the request: nothing does before it ends, or writes. */
export const onceOpen = (outgoing: ClientRequest, send: (on: Socket) => void): void => {
  outgoing.once('socket', (socket) => {
    if (isOpening(socket)) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => send(socket));
    else send(socket);
  });
};
