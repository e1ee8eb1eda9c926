import { describe, expect, it } from 'vitest';
import { type MonoNanos, monoNanos } from '#contract/time.ts';
import {
  type ClientTable,
  newClientMemory,
  noteDrop,
  noteReply,
  openClientTable,
  RECORDS,
  touch,
} from '../../../ntp-gateway/protocol/client-table.ts';
import { clientsOf } from '../../../ntp-gateway/status/clients.ts';
import { clientsText } from '../../../ntp-gateway/status/tables.ts';
import { clientAddress } from '../../support/client-address.ts';

/** A host that has been up for 40 days: its ms no longer fit 31 bits. */
const START = 40 * 86_400_000;
const at = (ms: number): MonoNanos => monoNanos(BigInt(START + ms) * 1_000_000n);

/** Asks each so many ms until `until`; the first half of it is answered. */
const ask = (clients: ClientTable, address: string, each: number, until: number, first = 0x23): void => {
  for (let ms = 0; ms <= until; ms += each) {
    const record = touch(clients, clientAddress(address), (START + ms) | 0, first);
    if (ms * 2 <= until) noteReply(clients, record, address.includes(':'));
    else noteDrop(clients, record);
  }
};

describe('who asks', () => {
  it('is shown with what is known of it, whoever asks most often first', () => {
    const memories = [newClientMemory(), newClientMemory()];
    const [here, there] = memories.map((memory, i) => openClientTable(memory, Int32Array.of(i, 7))) as [
      ClientTable,
      ClientTable,
    ];
    ask(here, '192.0.2.1', 16_000, 160_000);
    ask(there, '255.254.0.129', 100, 160_000, 0xdb);
    ask(here, '2001:db8:0:10::7', 1_000, 160_000);
    ask(there, '192.0.2.2', 10, 10_000); // the most often of all, long ago
    ask(here, '192.0.2.3', 1_000, 0, 0x08); // once
    const page = clientsOf(memories, at(160_500));
    const row = { requests: 1, version: 4, mode: 3, interleaved: false };
    expect(page).toEqual({
      known: 5,
      busiest: [
        {
          ...row,
          client: '255.254.0.129',
          requests: 1601,
          replies: 801,
          drops: 800,
          intervalSeconds: 0.1,
          lastAskedSeconds: 1,
          version: 3,
        },
        {
          ...row,
          client: '2001:db8:0:10::/64',
          requests: 161,
          replies: 81,
          drops: 80,
          intervalSeconds: 1,
          lastAskedSeconds: 1,
          interleaved: true,
        },
        { ...row, client: '192.0.2.1', requests: 11, replies: 6, drops: 5, intervalSeconds: 16, lastAskedSeconds: 1 },
        {
          ...row,
          client: '192.0.2.2',
          requests: 1001,
          replies: 501,
          drops: 500,
          intervalSeconds: 0.01,
          lastAskedSeconds: 151,
        },
        {
          ...row,
          client: '192.0.2.3',
          replies: 1,
          drops: 0,
          intervalSeconds: null,
          lastAskedSeconds: 161,
          version: 1,
          mode: 0,
        },
      ],
    });
    expect(JSON.parse(JSON.stringify(page))).toEqual(page);
    expect(clientsText(page)).toBe(
      [
        'client              requests  replies  drops  interval   last  version  mode',
        '255.254.0.129           1601      801    800    100 ms    1 s        3  client',
        '2001:db8:0:10::/64       161       81     80       1 s    1 s        4  client, interleaved',
        '192.0.2.1                 11        6      5      16 s    1 s        4  client',
        '192.0.2.2               1001      501    500     10 ms  151 s        4  client',
        '192.0.2.3                  1        1      0            161 s        1  0',
      ].join('\n'),
    );
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::', '2001:db8::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['fe80::1', 'fe80::/64'],
    ['0:0:0:1::', '0:0:0:1::/64'], // RFC 5952 §4.2.3: the longest run, not the first
    ['2001:0:0:10::', '2001:0:0:10::/64'],
    ['abcd:10:200:3000::', 'abcd:10:200:3000::/64'],
    ['::1', '::/64'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
  ])('%s is shown as %s', (address, text) => {
    const memory = newClientMemory();
    ask(openClientTable(memory), address, 1, 0);
    expect(clientsOf([memory], at(0)).busiest.map(({ client }) => client)).toEqual([text]);
  });

  it('is nobody where nobody asked, or nothing is listened on', () => {
    expect(clientsOf([newClientMemory()], at(0))).toEqual({ known: 0, busiest: [] });
    expect(clientsText(clientsOf([], at(0)))).toMatch(/^client .* mode$/);
  });

  it('is at most a hundred, the busiest of however many', () => {
    const memory = newClientMemory();
    const clients = openClientTable(memory, Int32Array.of(3, 4));
    const busy = (i: number) => Int32Array.of(4, 0x0a000000 + i, 0, 0, 0, 0);
    for (let i = 0; i < 100_000; i++) touch(clients, Int32Array.of(4, i, 0, 0, 0, 0), 0, 0x23);
    for (let ms = 0; ms <= 4_000; ms++) {
      for (let i = 0; i < 150; i++) if ((4_000 - ms) % (10 + i) === 0) touch(clients, busy(i), ms, 0x23);
    }
    const page = clientsOf([memory], monoNanos(4_000_000_000n));
    const expected = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`);
    expect(page.busiest.map(({ client }) => client)).toEqual(expected);
    expect(page.known).toBeGreaterThan(100);
    expect(page.known).toBeLessThanOrEqual(RECORDS);
    expect(clientsText(page).split('\n').at(-1)).toBe(`the 100 busiest of ${page.known} clients`);
  });
});
