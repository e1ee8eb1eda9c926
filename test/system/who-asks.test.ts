/** Who asks, as the operator sees it: real sockets of several addresses, a limit, the command. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { beforeAll, expect, it } from 'vitest';
import { freeUdpPort } from '../support/free-port.ts';
import { type GatewayProcess, runGateway, startGateway } from '../support/gateway.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { waitFor } from '../support/wait-for.ts';

type Client = { readonly address: string; readonly socket: Socket; asked: number; answers: number; kisses: number };

const newClient = async (address: string, port: number): Promise<Client> => {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const client: Client = { address, socket, asked: 0, answers: 0, kisses: 0 };
  socket.on('message', (reply) => {
    if (reply.toString('latin1', 12, 16) === 'RATE') client.kisses++;
    else client.answers++;
  });
  return client;
};

const ask = (client: Client, version: number): void => {
  const request = Buffer.alloc(48);
  request[0] = (version << 3) | 3;
  request.writeUInt32BE(++client.asked, 44);
  client.socket.send(request);
};

const keep = stopAfterAll();
let gateway: GatewayProcess;
let clients: readonly Client[];
/** How often each asks. The fourth stands for many hosts, the fifth is denied. */
const EVERY_MS = [100, 10, 250, 40, 40];

beforeAll(async () => {
  gateway = await keep(
    startGateway({
      sources: [{ port: await freeUdpPort() }], // who has no time answers too: LI 3
      server: {
        deny: ['127.0.0.6'],
        rate_limit: { interval: '150ms', burst: 4, exempt: ['127.0.0.5'] },
      },
    }),
  );
  clients = await Promise.all(EVERY_MS.map((_, i) => newClient(`127.0.0.${i + 2}`, gateway.ntpPort)));
  const timers = clients.map((client, i) => setInterval(() => ask(client, 4 - (i % 2)), EVERY_MS[i]));
  await waitFor('some requests of each', () => clients[2]!.asked >= 12).finally(() => timers.forEach(clearInterval));
  await waitFor('all of them to have come', async () => {
    const seen = (await gateway.clients()).busiest.reduce((sum, { requests }) => sum + requests, 0);
    const answered = (await gateway.clients()).busiest.reduce((sum, { replies }) => sum + replies, 0);
    const sent = clients.slice(0, 4).reduce((sum, { asked }) => sum + asked, 0);
    return seen === sent && answered === clients.reduce((sum, { answers }) => sum + answers, 0);
  });
  for (const { socket } of clients) socket.close();
});

it('shows all who are let in, the busiest first, with what became of their requests', async () => {
  const { known, busiest } = await gateway.clients();
  expect(known).toBe(4);
  expect(busiest.map(({ client }) => client)).toEqual(['127.0.0.3', '127.0.0.5', '127.0.0.2', '127.0.0.4']);
  for (const row of busiest) {
    const { address, asked, answers } = clients.find((client) => client.address === row.client)!;
    expect(row, address).toMatchObject({ requests: asked, replies: answers, drops: asked - answers, mode: 3 });
  }
  const [fast, exempt, , slow] = busiest;
  expect(fast).toMatchObject({ version: 3, interleaved: false });
  expect(fast!.drops).toBeGreaterThan(0);
  expect(clients[1]!.kisses).toBeGreaterThan(0);
  expect(exempt!.drops).toBe(0);
  expect(slow).toMatchObject({ version: 4, drops: 0 });
  expect(slow!.intervalSeconds).toBeGreaterThan(0.15);
  expect(clients[4]!.answers).toBe(0);
});

it('counts the same in the server’s status', async () => {
  const { server } = await gateway.status();
  const sum = (count: (client: Client) => number) => clients.slice(0, 4).reduce((all, one) => all + count(one), 0);
  expect(server).toMatchObject({
    served: sum(({ answers }) => answers),
    kissed: sum(({ kisses }) => kisses),
    dropped: {
      denied: clients[4]!.asked,
      'rate-limited': sum(({ asked, answers, kisses }) => asked - answers - kisses),
    },
  });
});

it('is a command', async () => {
  const shown = await runGateway('clients', '--state-dir', gateway.stateDir);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  const [head, first, ...rest] = shown.stdout.trimEnd().split('\n');
  expect(head).toMatch(/^client +requests +replies +drops +interval +last +version +mode$/);
  expect(first).toMatch(/^127\.0\.0\.3 +\d+ +\d+ +\d+ +[\d.]+ (ms|µs) +\d+ s +3 {2}client$/);
  expect(rest).toHaveLength(3);

  const json = await runGateway('clients', '--state-dir', gateway.stateDir, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ known: 4, busiest: [{ client: '127.0.0.3' }, {}, {}, {}] });
});
