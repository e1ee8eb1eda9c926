import { EventEmitter, once } from 'node:events';
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askControl, controlPath, serveControl, serveStatus } from '../../../ntp-gateway/io/control.ts';
import { json } from '../../../ntp-gateway/io/pages.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const pages = { '/status': () => json({ gateway: 'gw-1' }) };

describe('the control socket', () => {
  it('answers its owner, and nobody else can open it', async () => {
    const folder = makeTempDir();
    const stop = await serveControl(folder, pages);
    expect(await askControl(folder, '/status')).toEqual({ gateway: 'gw-1' });
    expect(statSync(controlPath(folder)).mode & 0o777).toBe(0o600);
    stop();
    expect(await askControl(folder, '/status')).toBeUndefined();
  });

  it('takes the place of one that was killed, not of one that runs', async () => {
    const folder = makeTempDir();
    writeFileSync(controlPath(folder), '');
    const stop = await serveControl(folder, pages);
    await expect(serveControl(folder, pages)).rejects.toThrow('another gateway already runs');
    stop();
  });

  it.skipIf(process.platform !== 'linux')('is tried again until it can be, whatever keeps it from that', async () => {
    const link = join(makeTempDir(), 'state');
    const leadTo = (folder: string): void => {
      rmSync(link, { force: true });
      symlinkSync(folder, link);
    };
    const told = new EventEmitter();
    const keeping = {
      failed: (_: string, fault: string, again: () => void) => void told.emit('told', fault, again),
      done: () => void told.emit('told', 'done'),
    };
    const tell = async (act: () => unknown) => {
      const heard = once(told, 'told');
      await act();
      return (await heard) as [outcome: string, again: () => void];
    };

    leadTo('/proc'); // where nobody makes a file
    const starting = Promise.withResolvers<() => void>();
    const [first, again] = await tell(() => starting.resolve(serveControl(link, pages, keeping)));
    expect(first).toMatch(/EACCES|EPERM|EROFS/);
    leadTo('/dev/null');
    const [second, onceMore] = await tell(again);
    expect(second).toContain('ENOTDIR');
    const folder = makeTempDir();
    leadTo(folder);
    expect(await tell(onceMore)).toEqual(['done']);
    expect(await askControl(folder, '/status')).toEqual({ gateway: 'gw-1' });
    (await starting.promise)();
    expect(await askControl(folder, '/status')).toBeUndefined();
  });
});

it('a control socket that somebody has cleared away is made again, with its folder', async () => {
  const folder = join(makeTempDir(), 'state');
  mkdirSync(folder);
  const told: string[] = [];
  let again = (): void => {};
  const keeping = {
    failed: (_: string, fault: string, tryAgain: () => void) => {
      told.push(fault);
      again = tryAgain;
    },
    done: () => void told.push('done'),
  };
  const stop = await serveControl(folder, pages, keeping, 5);
  rmSync(folder, { recursive: true });
  await waitFor('a word of it', () => told.length === 2);
  again();
  await waitFor('another try', () => told.length === 3);
  mkdirSync(folder);
  const stopOther = await serveControl(folder, { '/status': () => json({ gateway: 'gw-2' }) });
  again();
  await waitFor('one more', () => told.length === 4);
  expect(await askControl(folder, '/status')).toEqual({ gateway: 'gw-2' });
  stopOther();
  again();
  await waitFor('the socket', () => told.length === 5);
  const path = controlPath(folder);
  expect(told).toEqual([
    'done',
    `${path} is gone`,
    expect.stringMatching(/^cannot listen on .*: listen /),
    expect.stringMatching(/^cannot listen on .*: another gateway already runs/),
    'done',
  ]);
  expect(await askControl(folder, '/status')).toEqual({ gateway: 'gw-1' });
  stop();
  expect(await askControl(folder, '/status')).toBeUndefined();
});

describe('the status port', () => {
  it.each([
    { path: '/status', method: 'GET', status: 200 },
    { path: '/nothing', method: 'GET', status: 404 },
    { path: '/constructor', method: 'GET', status: 404 },
    { path: '/status', method: 'POST', status: 405 },
  ])('$method $path: $status', async ({ path, method, status }) => {
    const port = await freeTcpPort();
    const stop = await serveStatus({ host: '127.0.0.1', port }, pages);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    expect(response.status).toBe(status);
    await response.body?.cancel();
    stop();
  });

  it.each([
    { host: 'evil.example', status: 421 },
    { host: 'clock.example.org', status: 200 },
  ])('asked by the name $host: $status', async ({ host, status }) => {
    const port = await freeTcpPort();
    const stop = await serveStatus({ host: '127.0.0.1', port, names: ['clock.example.org'] }, pages);
    const asked = get({ host: '127.0.0.1', port, path: '/status', headers: { host } });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(status);
    response.destroy();
    stop();
  });

  it('says which port is in use', async () => {
    const endpoint = { host: '127.0.0.1', port: await freeTcpPort() };
    const stop = await serveStatus(endpoint, pages);
    await expect(serveStatus(endpoint, pages)).rejects.toThrow(
      `cannot listen on 127.0.0.1:${endpoint.port} for [status]: the port`,
    );
    stop();
  });
});
