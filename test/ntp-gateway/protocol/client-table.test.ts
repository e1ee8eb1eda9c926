import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RECORD_WORDS, readClient } from '../../../ntp-gateway/protocol/client-record.ts';
import {
  hasRecord,
  newClientMemory,
  noteDrop,
  noteReply,
  openClientTable,
  RECORDS,
  touch,
} from '../../../ntp-gateway/protocol/client-table.ts';
import { clientAddress } from '../../support/client-address.ts';
import { waitFor } from '../../support/wait-for.ts';

const newTable = (key = Int32Array.of(0x5eed, -7)) => openClientTable(newClientMemory(), key);
const V4_CLIENT = 0x23;

describe('a client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff::', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['2001:db8:0:1::1', '2001:db9:0:1::1', false],
    ['192.0.2.1', 'c000:201::', false], // the same words
    ['0.0.0.0', '::', false],
  ])('%s and %s are one: %s', (one, other, same) => {
    const table = newTable();
    const record = touch(table, clientAddress(one, 1), 0, V4_CLIENT);
    expect(touch(table, clientAddress(other, 2), 0, V4_CLIENT) === record).toBe(same);
  });

  it('is kept with all that is known of it', () => {
    const table = newTable();
    const client = clientAddress('2001:db8:0:1::5');
    const record = touch(table, client, 1_000, 0xdb); // leap bits, version 3, mode 3
    expect(readClient(table, record, 1_250)).toEqual({
      family: 6,
      address: [0x20010db8, 1],
      requests: 1,
      replies: 0,
      drops: 0,
      intervalMs: undefined,
      silentMs: 250,
      version: 3,
      mode: 3,
      interleaved: false,
    });
    noteReply(table, record, true);
    touch(table, client, 5_000, 0x08);
    noteDrop(table, record);
    expect(readClient(table, record, 5_000)).toMatchObject({
      requests: 2,
      replies: 1,
      drops: 1,
      intervalMs: 4_000,
      silentMs: 0,
      version: 1,
      mode: 0,
      interleaved: true,
    });
    touch(table, client, 9_000, V4_CLIENT);
    noteReply(table, record, false);
    expect(readClient(table, record, 9_000)).toMatchObject({ version: 4, mode: 3, interleaved: false });
  });

  it.each([
    { each: 64_000, requests: 100, expected: 64_000 },
    { each: 1_000, requests: 9, expected: 1_000 },
    { each: 100, requests: 100, expected: 100 },
    { each: 0.1, requests: 50_000, expected: 0.1 },
  ])('is said to ask every $each ms when it does', ({ each, requests, expected }) => {
    const table = newTable();
    let record = 0;
    for (let i = 0; i < requests; i++)
      record = touch(table, clientAddress('192.0.2.1'), Math.floor(i * each), V4_CLIENT);
    expect(readClient(table, record, 0)!.intervalMs).toBeCloseTo(expected, 3);
  });

  it('is said to ask as it does of late', () => {
    const table = newTable();
    const ask = (now: number) => touch(table, clientAddress('192.0.2.1'), now, V4_CLIENT);
    for (let i = 0; i < 100; i++) ask(i * 64_000);
    for (let i = 1; i <= 16; i++) ask(99 * 64_000 + i * 1_000);
    const record = ask(99 * 64_000 + 17_000);
    expect(readClient(table, record, 0)!.intervalMs).toBeLessThan(10_000);
  });
});

describe('time that wraps', () => {
  const client = clientAddress('192.0.2.1');

  it.each([
    { from: 0x7fffff00, to: -0x7fffff00, silentMs: 0x200 }, // over the end of int32
    { from: 5, to: 0, silentMs: 0 }, // two requests in the wrong order
    { from: 60_000, to: 1, silentMs: 0 },
    { from: 0, to: -0x80000000, silentMs: 0x7fffffff }, // 24.8 days: from here on, "long ago"
    { from: 0, to: -0x40000000, silentMs: 0x7fffffff },
  ])('from $from to $to it is $silentMs ms', ({ from, to, silentMs }) => {
    const table = newTable();
    const record = touch(table, client, from, V4_CLIENT);
    expect(readClient(table, record, to)!.silentMs).toBe(silentMs);
  });

  it('goes on from the later of two requests in the wrong order', () => {
    const table = newTable();
    touch(table, client, 10, V4_CLIENT);
    const record = touch(table, client, 5, V4_CLIENT);
    expect(readClient(table, record, 20)!.silentMs).toBe(10);
  });
});

describe('the table', () => {
  const everyone = (table: ReturnType<typeof newTable>, now: number) =>
    Array.from({ length: RECORDS }, (_, record) => readClient(table, record, now)).filter((one) => one !== undefined);

  it('is empty at first', () => {
    expect(everyone(newTable(), 0)).toEqual([]);
  });

  it('holds three thousand clients, each with its own record', () => {
    const table = newTable();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3_000; i++) {
        const client = Int32Array.of(4, 0x0a000000 + i, 0, 0, 0, 0);
        for (let request = 0; request <= i % 3; request++) touch(table, client, round * 1_000, V4_CLIENT);
      }
    }
    const all = everyone(table, 2_000);
    // A set of four that meets a fifth: Poisson with mean 0.73 says 4 ± 2 of the 4096.
    expect(all.length).toBeGreaterThan(2_980);
    const wrong = all.filter(({ address: [word], requests }) => requests !== 3 * (((word - 0x0a000000) % 3) + 1));
    expect(wrong.length).toBeLessThan(40);
  });

  it('gives a full set’s place to the client that asked longest ago', () => {
    const table = newTable();
    const meeting: Int32Array[] = [];
    const spare = newTable();
    const setOf = (client: Int32Array) => Math.floor(touch(spare, client, 0, V4_CLIENT) / 4);
    const set = setOf(clientAddress('10.0.0.0'));
    for (let i = 0; meeting.length < 5; i++) {
      const client = Int32Array.of(4, 0x0a000000 + i, 0, 0, 0, 0);
      if (setOf(client) === set) meeting.push(client);
      if (i > 200_000) throw new Error('found no five of one set');
    }
    const [a, b, c, d, e] = meeting as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
    const records = [a, b, c, d].map((client, i) => touch(table, client, i, V4_CLIENT));
    expect(new Set(records).size).toBe(4);
    touch(table, a, 10, V4_CLIENT);
    expect(touch(table, e, 11, V4_CLIENT)).toBe(records[1]);
    expect(readClient(table, records[1]!, 11)).toMatchObject({
      address: [e[1], 0],
      requests: 1,
      intervalMs: undefined,
    });
    expect(touch(table, b, 12, V4_CLIENT)).toBe(records[2]);
  });

  it('keeps who polls once in 1024 s through a flood in which each address comes once, and not for ever', () => {
    const table = newTable();
    const client = clientAddress('192.0.2.1');
    const flood = (now: number): void => {
      for (let i = 0; i < 200_000; i++) touch(table, Int32Array.of(4, 0x0a000000 + i, 0, 0, 0, 0), now, V4_CLIENT);
    };
    touch(table, client, 0, V4_CLIENT);
    touch(table, client, 1_024_000, V4_CLIENT);
    flood(2_047_000);
    expect(hasRecord(table, client)).toBe(true);
    const record = touch(table, client, 2_048_000, V4_CLIENT);
    expect(readClient(table, record, 2_048_000)).toMatchObject({ requests: 3 });
    flood(2_048_000 + 2_048_000);
    expect(hasRecord(table, client)).toBe(false);
  });

  it('puts a client elsewhere under another key', () => {
    const records = Array.from({ length: 8 }, (_, i) =>
      touch(newTable(Int32Array.of(i, 0)), clientAddress('192.0.2.1'), 0, V4_CLIENT),
    );
    expect(new Set(records).size).toBeGreaterThan(5);
  });

  it('never leaves its memory, nor mistakes one client for another, whoever asks when', () => {
    const client = fc.tuple(fc.constantFrom(4, 6), fc.integer(), fc.integer(), fc.integer(), fc.integer());
    const request = fc.tuple(client, fc.integer(), fc.nat(255));
    fc.assert(
      fc.property(fc.array(request, { maxLength: 200 }), (requests) => {
        const table = newTable();
        for (const [words, now, first] of requests) {
          const record = touch(table, Int32Array.of(...words, 0), now, first);
          expect(record).toBeGreaterThanOrEqual(0);
          expect(record).toBeLessThan(RECORDS);
          const [family, word0, word1] = words;
          const address = [word0, family === 4 ? 0 : word1];
          expect(readClient(table, record, now)).toMatchObject({ family, address, mode: first & 7 });
        }
      }),
      { numRuns: 30 },
    );
  });
});

it('blames nobody for what another did, though it is read while another thread writes', async () => {
  const memory = newClientMemory();
  const flood = new Worker(new URL('../../support/client-flood.ts', import.meta.url), { workerData: memory });
  try {
    const table = openClientTable(memory);
    await waitFor('a full table', () => table.words.at(-RECORD_WORDS) !== 0);
    let read = 0;
    for (let round = 0; round < 100; round++) {
      for (let record = 0; record < RECORDS; record++) {
        const client = readClient(table, record, 0);
        if (!client) continue;
        read++;
        const { address, replies } = client;
        if ((address[0] & 1) !== 0 && replies > 0) throw new Error(`${address[0]} was not answered ${replies} times`);
      }
    }
    expect(read).toBeGreaterThan(RECORDS);
  } finally {
    await flood.terminate();
  }
});
