/** SIGHUP: who may ask changes at once, and a file with faults changes nothing. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startGateway } from '../support/gateway.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { waitFor } from '../support/wait-for.ts';

const REQUEST = Buffer.alloc(48);
REQUEST[0] = 0x23;

describe('a gateway that is told to reload', () => {
  const keep = stopAfterAll();
  let gateway: GatewayProcess;
  let file: string;
  let written: string;
  let socket: Socket;
  let replies = 0;
  beforeAll(async () => {
    gateway = await keep(startGateway({ sources: [{ port: 9 }] }));
    file = join(gateway.stateDir, 'noonmark.toml');
    written = readFileSync(file, 'utf8');
    socket = createSocket('udp4');
    socket.connect(gateway.ntpPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('message', () => replies++);
  });
  afterAll(() => socket.close());

  const said = (): string => gateway.child.said.stderr;
  const hangUp = (): void => void process.kill(gateway.child.pid, 'SIGHUP');
  const reload = async (server: string, word: string): Promise<void> => {
    writeFileSync(file, written.replace('[server]\n', `[server]\n${server}\n`));
    const before = said().length;
    hangUp();
    await waitFor(word, () => said().slice(before).includes(word), 1_000);
  };
  /** Sends requests, a few ms apart, until one is treated so. */
  const until = (what: string, isSo: () => boolean | Promise<boolean>): Promise<unknown> =>
    waitFor(what, () => {
      socket.send(REQUEST);
      return isSo();
    });
  const denied = async (): Promise<number> => (await gateway.status()).server!.dropped.denied ?? 0;

  it('answers everyone, until it is told whom to deny', async () => {
    await until('an answer', () => replies > 0);
    await reload('deny = ["127.0.0.0/8"]', 'reloaded');
    await until('a denial', async () => (await denied()) > 0);
  });

  it('says why a bad file is not taken, and goes on as it was', async () => {
    await reload('deny = ["127.0.0.1/8"]', 'not reloaded');
    expect(said()).toContain(`not reloaded: ${file}:`);
    expect(said()).toContain('server.deny[0]: must be a network such as');
    const [answered, before] = [replies, await denied()];
    await until('a denial', async () => (await denied()) > before);
    expect(replies).toBe(answered);
  });

  it('says what it cannot take up while it runs', async () => {
    await reload('threads = 3', `reloaded ${file}; needs a restart: server.threads`);
    const answered = replies;
    await until('an answer', () => replies > answered);
  });
});
