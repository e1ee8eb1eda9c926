/** What becomes of Roughtime requests where the host is slow, or there are too many. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { type MonoNanos, monoNanos, type Nanos, nanos } from '#contract/time.ts';
import type { Bytes } from '#contract/web-platform.ts';
import { servedLine } from '../../../ntp-gateway/discipline/serving.ts';
import { loadOrCreateRoughtimeKey } from '../../../ntp-gateway/io/keys.ts';
import { openRoughtimeAnswers } from '../../../ntp-gateway/io/roughtime-answers.ts';
import { openRoughtimeConnections } from '../../../ntp-gateway/io/roughtime-connections.ts';
import { newLineMemory, writeLine } from '../../../ntp-gateway/protocol/line-memory.ts';
import { newRoughtimeCounters, roughtimeOf } from '../../../ntp-gateway/protocol/roughtime-counters.ts';
import { clockOf, DRAWN } from '../../support/clock.ts';
import { NOON } from '../../support/ntp-reply.ts';
import { requestOf } from '../../support/roughtime-client.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

let key: RoughtimeKey;
let request: Bytes;
beforeAll(async () => {
  key = await loadOrCreateRoughtimeKey(makeTempDir());
  request = await requestOf(key.publicKey);
});

/** Answers by a clock whose readings are `late` behind each other, and by the sleeps in between. */
const start = async ({ late = 0, asleep = 0 } = {}) => {
  const [lines, counters] = [newLineMemory(), newRoughtimeCounters()];
  let [reading, sleeps] = [0, 0];
  const mono = (): MonoNanos => monoNanos(DRAWN + BigInt(reading++ * late));
  const clocks = { mono, slept: (): Nanos => nanos(sleeps++ * asleep) };
  const answers = await openRoughtimeAnswers(key, lines, counters, clocks);
  writeLine(lines, servedLine(clockOf(NOON), { now: DRAWN, wall: NOON }, -20, 1));
  return { answers, counters, words: () => roughtimeOf(counters) };
};

describe('a request', () => {
  it.each([
    { name: 'in time', late: 900e6, word: 'answered' },
    { name: 'by a host that was held up', late: 1_100e6, word: 'late' },
  ])('is signed $name', async ({ late, word }) => {
    const { answers, words } = await start({ late });
    const replies: Bytes[] = [];
    answers.take(request, (response) => replies.push(response));
    await waitFor('its end', () => words()[word] === 1);
    expect(replies).toHaveLength(word === 'answered' ? 1 : 0);
  });

  it('is not answered by a host that slept before it', async () => {
    const { answers, words } = await start({ asleep: 2e6 });
    answers.take(request, () => {});
    await waitFor('its end', () => words().unsynchronized === 1);
  });

  it('is dropped where more wait than can be answered soon', async () => {
    const { answers, words } = await start();
    let replies = 0;
    for (let i = 0; i < 1_100; i++) answers.take(request, () => replies++);
    expect(words()).toEqual({ received: 1_100, overloaded: 76 });
    await waitFor('the others', () => replies === 1_024);
    expect(words()).toEqual({ received: 1_100, overloaded: 76, answered: 1_024 });
  });
});

describe('connections', () => {
  const clients: Socket[] = [];
  afterAll(() => {
    for (const client of clients) client.destroy();
  });

  it('make room, the oldest first, where there are too many', async () => {
    const { answers, counters, words } = await start();
    const server = createServer(openRoughtimeConnections(answers, counters, () => true)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (let i = 0; i < 258; i++) {
      const client = connect(port, '127.0.0.1');
      clients.push(client);
      await once(client, 'connect');
    }
    const ended = (client: Socket | undefined) => client!.destroyed || client!.readableEnded;
    for (const client of clients) client.resume();
    await waitFor('the two oldest to be ended', () => ended(clients[0]) && ended(clients[1]));
    expect(words()).toEqual({ 'too-many': 2 });
    clients[257]!.write(request);
    await waitFor('an answer to the newest', () => clients[257]!.bytesRead > 0);
    server.close();
  });
});
