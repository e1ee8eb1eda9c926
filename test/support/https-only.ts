/** A network of its own that lets nothing out but TCP connections to one port of ours: what a strict firewall leaves of the Internet. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Child } from './child.ts';
import { startWithoutRoute } from './no-route.ts';
import { NODE } from './root.ts';
import { makeTempDir } from './temp-dir.ts';
import { untilSaid } from './until-said.ts';

/** Inside: takes connections, and hands them out through a Unix socket, which no network holds up. */
const DOOR = `
const { connect, createServer } = require('node:net');
const [path, port] = process.argv.slice(1);
createServer((inner) => {
  const outer = connect(path);
  for (const [one, other] of [[inner, outer], [outer, inner]]) one.pipe(other).on('error', () => one.destroy());
}).listen(port, () => console.log('open'));`;

/** @returns a program in that network, where the port has the same number: others start beside it. */
export const startHttpsOnly = async (port: number): Promise<Child> => {
  const path = join(makeTempDir(), 'door');
  const open = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(port, '127.0.0.1');
    for (const one of [inner, outer]) open.add(one.once('close', () => open.delete(one)));
    inner.on('error', () => outer.destroy()).pipe(outer);
    outer.on('error', () => inner.destroy()).pipe(inner);
  }).listen(path);
  await once(server, 'listening');
  const door = await startWithoutRoute(NODE, ['-e', DOOR, path, `${port}`]);
  await untilSaid(door, /^open$/m);
  const stop = async (): Promise<void> => {
    await door.stop();
    server.close();
    for (const socket of open) socket.destroy();
    await once(server, 'close');
  };
  return { ...door, stop, [Symbol.asyncDispose]: stop };
};
