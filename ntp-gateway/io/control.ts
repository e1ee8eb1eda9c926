/** How commands ask the running daemon: HTTP with JSON, over a socket in the state directory that only its owner opens. */
import { accessSync, chmodSync, constants, existsSync, lstatSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, type ListenOptions } from 'node:net';
import { join } from 'node:path';
import type { StatusConfig } from '../config.ts';
import { setAside } from './files.ts';
import { type Keeping, keeping } from './keeping.ts';
import { request } from './node-http.ts';
import { createPageServer, isCalled, type Pages } from './pages.ts';
import { endpointText, PORT_IN_USE, SetupError } from './setup-error.ts';
import { watchFiles } from './watched-files.ts';

export const controlPath = (stateDir: string): string => join(stateDir, 'control.sock');

/** What a disk may bring about, now or until somebody has seen to it: the gateway starts without the socket. */
const PASSING = ['EROFS', 'ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EIO'];

/** @throws SetupError where another daemon answers there already, and where no socket can ever be. */
export const serveControl = async (
  stateDir: string,
  pages: Pages,
  { failed, done }: Pick<Keeping, 'failed' | 'done'> = keeping,
  lookMs?: number,
): Promise<() => void> => {
  const path = controlPath(stateDir);
  const everyHost = (): boolean => true; // no browser gets here
  const nothing = (): void => {};
  let close = nothing;
  const open = async (): Promise<void> => {
    if (await answers(path)) throw new SetupError(`another gateway already runs with the state directory ${stateDir}`);
    makeWay(path);
    close = await listen(createPageServer(pages, everyHost), { path }, path);
    try {
      chmodSync(path, 0o600);
    } catch (error) {
      close();
      close = nothing;
      throw error;
    }
    done(path);
  };
  const tellAndWait = (error: unknown): void =>
    failed(path, `cannot listen on ${path}: ${causeOf(error).message}`, again);
  /** Whatever keeps it from that by now: time is served. */
  const again = (): void => void open().catch(tellAndWait);
  await open().catch((error: unknown) => {
    if (!PASSING.includes(causeOf(error).code ?? '')) throw error;
    tellAndWait(error);
  });
  /** Who clears its folder takes it along, and nobody could ask any more. One that is there by now is another's. */
  const look = (): void => {
    if (close === nothing || existsSync(path)) return;
    close();
    close = nothing;
    failed(path, `${path} is gone`, again);
  };
  const watch = watchFiles(() => [path], look, lookMs);
  return () => {
    watch.close();
    close();
  };
};

/** For a socket in the place of one that was left behind, or of what nobody knows. */
const makeWay = (path: string): void => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSocket()) rmSync(path);
  else if (found) setAside(path);
};

const causeOf = (error: unknown): NodeJS.ErrnoException =>
  (error instanceof SetupError ? (error.cause ?? error) : error) as NodeJS.ErrnoException;

/** The same pages over TCP, for a browser or a monitor on this machine. */
export const serveStatus = ({ host, port, names = [] }: StatusConfig, pages: Pages): Promise<() => void> =>
  listen(createPageServer(pages, isCalled(names)), { host, port }, `${endpointText(host, port)} for [status]`);

const listen = (server: Server, where: ListenOptions, name: string): Promise<() => void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? PORT_IN_USE : cause.message;
      reject(new SetupError(`cannot listen on ${name}: ${why}`, { cause }));
    });
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

/** Asks the daemon; undefined where none answers in time, or without the page. */
export const askControl = (stateDir: string, page: string, withinMs = 5_000): Promise<unknown> =>
  new Promise((resolve) => {
    const fail = (): void => resolve(undefined);
    const signal = AbortSignal.timeout(withinMs);
    const asked = request({ socketPath: controlPath(stateDir), path: page, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      const told = (): unknown => (response.statusCode === 200 ? parsed(Buffer.concat(chunks).toString()) : undefined);
      response.on('error', fail).on('end', () => resolve(told()));
    });
    asked.on('error', fail).end();
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Where none answers: why, as far as it is known. */
export const whyUnanswered = (stateDir: string): string => {
  try {
    accessSync(controlPath(stateDir), constants.W_OK);
  } catch (error) {
    const isClosed = (error as NodeJS.ErrnoException).code === 'EACCES';
    if (isClosed) return `${controlPath(stateDir)} is open to the gateway's own user and to root alone`;
  }
  return `no gateway answers in ${stateDir}; is it running? See --state-dir`;
};
