/** What the other end of a question may do, other than answer. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { refuse } from '#contract/result.ts';
import { readMonotonic } from '../../../client/cli/host-clocks.ts';
import { openHttpGet } from '../../../client/cli/https-get.ts';
import { startEdgeServer } from '../../support/edge-server.ts';
import { startTcpServer } from '../../support/key-server.ts';

const QUICK = 300;
const PATIENT = 10_000;

const ask = async (origin: string, patience: number, env = {}) => {
  const { get, close } = openHttpGet({ isPinned: false, env });
  try {
    return await get(new URL('/time', origin), AbortSignal.timeout(patience));
  } finally {
    close();
  }
};

describe('a question of the command line', () => {
  it('has no answer before all of it is there', async () => {
    await using server = await startEdgeServer((_request, response) => {
      response.flushHeaders();
      setTimeout(() => response.end(`${readMonotonic()}`), 20);
    });
    const got = await ask(server.origin, PATIENT);
    expect(got.ok && got.value.received > Number(got.value.body)).toBe(true);
  });

  it.each([
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`],
    ['no HTTP', 'SSH-2.0-x\r\n'],
    ['nothing', ''],
  ])('is over where the other end says %s', async (_name, said) => {
    await using server = await startTcpServer((socket) => socket.once('data', () => socket.end(said)));
    expect(await ask(`http://127.0.0.1:${server.port}`, PATIENT)).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  it.each([
    ['its head', 'HTTP/1.1 200 OK\r\n'],
    ['its body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'],
    ['all before it', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('is over in time where %s does not end', async (_name, said) => {
    await using server = await startTcpServer((socket) => socket.once('data', () => socket.write(said)));
    expect(await ask(`http://127.0.0.1:${server.port}`, QUICK)).toEqual(refuse('timeout'));
  });

  it('is over in time where a proxy does not answer, and leaves no connection', async () => {
    const connections: Socket[] = [];
    await using proxy = await startTcpServer((socket) => connections.push(socket));
    const env = { https_proxy: `http://127.0.0.1:${proxy.port}` };
    expect(await ask('https://edge.test', QUICK, env)).toEqual(refuse('timeout'));
    const [connection] = connections;
    if (!connection?.closed) await once(connection!.resume(), 'close');
    expect(connections).toHaveLength(1);
  });
});
