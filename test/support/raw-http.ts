/** HTTP servers of ours on free ports, and what no client of HTTP would send them. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Until the test is over. */
export const listenRaw = async (server: Server) => {
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close().closeAllConnections();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const dial = (): Socket => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    return socket;
  };
  /** Sends it as it stands. @returns all that is said until the connection ends. */
  const send = async (text: string, socket = dial()): Promise<string> => {
    let said = '';
    socket.setEncoding('latin1').on('data', (more: string) => (said += more));
    socket.write(text, 'latin1');
    await once(socket, 'close');
    return said;
  };
  const ask = (target: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${target}`, init);
  return { ask, dial, send };
};
