/** A client among real servers of which one lies: it finds the time, and its report convinces roughtime.py, which reads the RFC by itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { ok, refuse } from '#contract/result.ts';
import { contradictions, verifyChain } from '#contract/roughtime/chain.ts';
import { decodeReport } from '#contract/roughtime/malfeasance-report.ts';
import { unixMillis } from '#contract/time.ts';
import { utf8 } from '#contract/web-platform.ts';
import {
  askRoughtime,
  type Measurement,
  type RoughtimePorts,
  type RoughtimeServer,
  type Transport,
} from '../../client/roughtime.ts';
import { overHttps } from '../../client/roughtime-https.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { startTestEdge } from '../support/edge.ts';
import { fakeServer, makeWorld } from '../support/fake-roughtime.ts';
import { freePort } from '../support/free-port.ts';
import { type GatewayOptions, makeGatewayState, runGateway, startGateway, untilWithin } from '../support/gateway.ts';
import { askOverUdp, requestOf } from '../support/roughtime-client.ts';
import { ask, bytes, hasCryptography } from '../support/roughtime-elsewhere.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR = 3_600;

describe.skipIf(!hasCryptography)('a report, as python3-cryptography sees it', () => {
  let measured: Measurement;
  beforeAll(async () => {
    const world = makeWorld();
    const ways = [{}, { aheadS: () => HOUR }, { meddle: async () => refuse('timeout') }, {}];
    const servers = await Promise.all(ways.map((one, i) => fakeServer(world, `${i}`, one)));
    measured = await askRoughtime(servers, { rand: world.rand, clocks: () => [world.passedMs()] });
  });
  const report = () => measured.malfeasance?.report ?? '';
  const judged = async (text: string) => (await ask({ do: 'judge', report: utf8(text) }))[0];

  it('proves the order of all responses, and which contradict each other', async () => {
    const { beginning } = makeWorld();
    const midpoints = [0, HOUR, 0, 0, HOUR, 0].map((ahead) => beginning + ahead);
    const lies = [
      [1, 2],
      [1, 3],
      [1, 5],
      [4, 5],
    ];
    expect(await judged(report())).toEqual({ midpoints, lies });
    expect(measured.malfeasance?.contradictions).toHaveLength(lies.length);
  });

  it('proves nothing in another order, with one left out, and with a bit altered', async () => {
    const { responses } = JSON.parse(report()) as { responses: { response: string }[] };
    const [first, second, ...others] = responses;
    for (const some of [
      [second, first, ...others],
      [first, ...others],
    ])
      expect(await judged(JSON.stringify({ responses: some }))).toEqual({ refused: 'order' });
    const altered = bytes(second!.response);
    altered[100]! ^= 1;
    const response = Buffer.from(altered).toString('base64');
    expect(await judged(JSON.stringify({ responses: [first, { ...second, response }, ...others] }))).toEqual({
      refused: 'signature',
    });
  });
});

describe.skipIf(!hasCryptography || !hasChronyd)('two gateways, an hour apart, and the edge of one of them', () => {
  const keep = stopAfterAll();
  const SHIFT = 5;
  const ports: RoughtimePorts = {
    rand: () => crypto.getRandomValues(new Uint8Array(32)),
    clocks: () => [performance.now(), Date.now()],
  };

  /** @returns it, asked over UDP, and what else it prints of its keys. */
  const startServer = async (name: string, shiftSeconds: number, more: GatewayOptions = {}) => {
    const [upstream, port] = [await keep(startChronyd({ shiftSeconds, stratum: 1 })), await freePort()];
    const server = { roughtime: { listen: [`127.0.0.1:${port}`] } };
    const gateway = await keep(startGateway({ id: name, sources: [{ ...upstream, minPoll: -4 }], server, ...more }));
    await untilWithin(gateway, 100);
    const { stdout } = await runGateway('keys', '--config', `${gateway.stateDir}/noonmark.toml`, '--json');
    const { roughtime, edges } = JSON.parse(stdout);
    const exchange: Transport = async (request) => {
      const [response] = await askOverUdp(port, [request]);
      return response ? ok(response) : refuse('timeout');
    };
    return { server: { name, publicKey: bytes(roughtime), exchange }, edges };
  };

  const startServers = async (): Promise<RoughtimeServer[]> => {
    const { stateDir, x } = await makeGatewayState();
    const edge = await keep(startTestEdge('', { vars: { GATEWAY_KEYS: JSON.stringify({ 'gw-1': x }) } }));
    const { server, edges } = await startServer('gw-1', SHIFT, { stateDir, publish: [edge.url] });
    const { server: liar } = await startServer('liar', SHIFT + HOUR);
    const exchange = overHttps(edge.url, () => AbortSignal.timeout(5_000));
    const publicKey = bytes(edges[0].roughtime);
    const asked = await requestOf(publicKey);
    await waitFor('an edge for which its gateway vouches', async () => (await exchange(asked)).ok);
    return [server, liar, { name: 'edge', publicKey, exchange }];
  };

  it('tell their time by a majority, and a report proves to others that somebody lied', async () => {
    const measured = await askRoughtime(await startServers(), ports);
    expect(measured.servers.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['gw-1', 'agrees'],
      ['liar', 'outvoted'],
      ['edge', 'agrees'],
    ]);
    if (!measured.agreed.ok) throw new Error(measured.agreed.reason);
    const truth = unixMillis(measured.at[1]! + SHIFT * 1_000);
    expect(contains(measured.agreed.value, truth)).toBe(true);

    const pairs = measured.malfeasance?.contradictions.map(([earlier, later]) => [earlier.server, later.server]);
    expect(pairs).toEqual([
      ['liar', 'edge'],
      ['liar', 'gw-1'],
      ['liar', 'edge'],
      ['liar', 'edge'],
    ]);
    const { report = '' } = measured.malfeasance ?? {};
    const links = decodeReport(report);
    const times = await verifyChain(links.ok ? links.value : []);
    const indexes = times.ok ? contradictions(times.value) : [];
    expect(indexes).toHaveLength(4);
    expect((await ask({ do: 'judge', report: utf8(report) }))[0]).toMatchObject({ lies: indexes });
  });
});
