import { afterEach, describe, expect, it, vi } from 'vitest';
import { canServeOnLinux, serveOnLinux } from '../../../ntp-gateway/io/server-linux.ts';
import { threadState } from '../../../ntp-gateway/io/threads.ts';
import type { NtpServer } from '../../../ntp-gateway/ports.ts';
import { readClient } from '../../../ntp-gateway/protocol/client-record.ts';
import { openClientTable, RECORDS } from '../../../ntp-gateway/protocol/client-table.ts';
import { newLineMemory } from '../../../ntp-gateway/protocol/line-memory.ts';
import { NO_KEYS } from '../../../ntp-gateway/protocol/server-keys.ts';
import { freeUdpPort } from '../../support/free-port.ts';
import { watchLog } from '../../support/log-lines.ts';
import { replaceSocket, udpSocketOn } from '../../support/replaced-socket.ts';
import { NO_SERVER } from '../../support/server-config.ts';
import { openUdpPeer } from '../../support/udp-peer.ts';
import { waitFor } from '../../support/wait-for.ts';

/** RFC 5905 §7.3: version 4, mode 3. */
const REQUEST = new Uint8Array(48).fill(0x23, 0, 1);

/** How often each client asked, by its address, as one thread knows it. */
const askedIn = (memory: SharedArrayBuffer): Record<number, number> => {
  const table = openClientTable(memory);
  const clients = Array.from({ length: RECORDS }, (_, record) => readClient(table, record, 0));
  return Object.fromEntries(clients.flatMap((client) => (client ? [[client.address[0], client.requests]] : [])));
};

describe.skipIf(!canServeOnLinux())('the server on Linux', () => {
  let server: NtpServer | undefined;
  afterEach(() => {
    server?.close();
    vi.restoreAllMocks();
  });

  const start = async (hosts: readonly string[], threads: number): Promise<number> => {
    const port = await freeUdpPort();
    const listen = hosts.map((host) => ({ host, port }));
    server = await serveOnLinux({ ...NO_SERVER, threads, listen }, newLineMemory(), NO_KEYS);
    return port;
  };
  const served = (): number => server!.counters().served;

  it('knows all of a client in one of its threads, whichever address of ours and port of its own it uses', async () => {
    const hosts = ['127.0.0.1', '127.0.0.2'];
    const port = await start(hosts, 2);
    const clients = Array.from({ length: 16 }, (_, i) => 0x7f000010 + i);
    for (const last of clients.map((address) => address & 0xff)) {
      for (const host of [...hosts, ...hosts]) {
        using peer = await openUdpPeer(`127.0.0.${last}`);
        await peer.send(REQUEST, port, host);
      }
    }
    await waitFor('all served', () => served() === 64);
    const [one, other] = server!.clients().map(askedIn);
    expect({ ...one, ...other }).toEqual(Object.fromEntries(clients.map((address) => [address, 4])));
    expect(Object.keys(one!).length).toBeGreaterThan(0);
    expect(Object.keys(other!).length).toBeGreaterThan(0);
    expect(Object.keys(one!).length + Object.keys(other!).length).toBe(16);
  });

  it('answers again soon after a fault that passes, and says so once', async () => {
    const said = watchLog();
    const port = await start(['0.0.0.0'], 1);
    using peer = await openUdpPeer();
    await peer.send(REQUEST, port, '127.0.0.1');
    await waitFor('a reply', () => served() === 1);

    const giveBack = replaceSocket(udpSocketOn(port));
    await waitFor('a fault', () => said().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // the next thread fails as well
    giveBack();
    await peer.send(REQUEST, port, '127.0.0.1');
    await waitFor('another reply', () => served() === 2);
    expect(threadState().failures.server).toBeGreaterThan(0);
    expect(threadState().failing).toBeGreaterThan(0); // until it has run for a minute
    expect(said()).toEqual([
      'warn: a thread that answers NTP failed and is started again: recvmmsg: socket operation on non-socket (errno 88)',
    ]);
  });
});
