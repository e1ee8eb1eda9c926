/** How commands ask the running daemon: HTTP with JSON, over a socket in the state directory that only its owner opens. */
import { chmodSync, rmSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { connect, type ListenOptions } from 'node:net';
import { join } from 'node:path';
import type { Endpoint } from '../config.ts';
import { createPageServer, isByAddress, type Pages } from './pages.ts';
import { endpointText, SetupError } from './setup-error.ts';

export const controlPath = (stateDir: string): string => join(stateDir, 'control.sock');

/** @throws SetupError where another daemon answers there already. */
export const serveControl = async (stateDir: string, pages: Pages): Promise<() => void> => {
  const path = controlPath(stateDir);
  if (await answers(path)) throw new SetupError(`another gateway already runs with the state directory ${stateDir}`);
  rmSync(path, { force: true }); // left behind by one that was killed
  const everyHost = (): boolean => true; // no browser gets here
  const close = await listen(createPageServer(pages, everyHost), { path }, path);
  chmodSync(path, 0o600);
  return close;
};

/** The same pages over TCP, for a browser or a monitor on this machine. */
export const serveStatus = ({ host, port }: Endpoint, pages: Pages): Promise<() => void> =>
  listen(createPageServer(pages, isByAddress), { host, port }, endpointText(host, port));

const listen = (server: Server, where: ListenOptions, name: string): Promise<() => void> =>
  new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      reject(
        new SetupError(
          `cannot listen on ${name}: ${code === 'EADDRINUSE' ? 'the port is in use by another program' : message}`,
        ),
      ),
    );
    server.listen(where, () =>
      resolve(() => {
        server.close();
        server.closeAllConnections();
      }),
    );
  });

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => resolve(true)).on('error', () => resolve(false));
    socket.on('close', () => resolve(false)).on('connect', () => socket.destroy());
  });

/** Asks the daemon; undefined where none answers. */
export const askControl = (stateDir: string, page: string): Promise<unknown> =>
  new Promise((resolve) => {
    const asked = request({ socketPath: controlPath(stateDir), path: page, timeout: 5_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    asked.on('error', () => resolve(undefined)).on('timeout', () => asked.destroy());
    asked.end();
  });
