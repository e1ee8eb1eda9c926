/** Three upstreams, one of them an hour off: what the other two say is what arrives, and the liar is named. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Chronyd, hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { askPrecisely, expectTruth, startTestEdge, type TestEdge } from '../../support/edge.ts';
import {
  type GatewayProcess,
  makeGatewayState,
  runGateway,
  startGateway,
  untilPublished,
} from '../../support/gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { startUdpRelay } from '../../support/udp-relay.ts';

const SHIFT = 5;
const HOUR = 3_600;
const REASON = 'its interval does not touch the one that the majority agrees on';

describe.skipIf(!hasChronyd).each([
  { liar: 'one of three that is an hour off', pathMs: 0 },
  { liar: 'one that is an hour off and the quickest of three', pathMs: 2 },
])('$liar', ({ pathMs }) => {
  const keep = stopAfterAll();
  let liar: Chronyd;
  let edge: TestEdge;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    const honest = [
      await keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 })),
      await keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 })),
    ];
    liar = await keep(startChronyd({ shiftSeconds: SHIFT + HOUR, stratum: 1 }));
    edge = await keep(startTestEdge(x));
    const paths = await Promise.all(honest.map(({ port }) => keep(startUdpRelay(port))));
    for (const { up, down } of paths) up.delayMs = down.delayMs = pathMs;
    const sources = [...(pathMs > 0 ? paths : honest), liar];
    gateway = await keep(startGateway({ stateDir, sources, publish: [edge.url] }));
    await untilPublished(gateway);
  });

  it('does not keep the others’ time from arriving', async () => {
    expect(Math.abs((await queryWithChronyd(gateway.ntpPort)) - SHIFT)).toBeLessThan(0.001);
    const asked = await askPrecisely(edge.url);
    expectTruth(asked, 1_000 * SHIFT);
  });

  it('is named by sources, as JSON and as text', async () => {
    const id = `127.0.0.1:${liar.port}`;
    const json = await runGateway('sources', '--json', '--state-dir', gateway.stateDir);
    const states = JSON.parse(json.stdout).map((source: { state: string }) => source.state);
    expect(states).toEqual(['selected', 'selected', 'falseticker']);
    expect(JSON.parse(json.stdout)[2]).toMatchObject({
      id,
      reason: REASON,
      offsetMs: expect.closeTo(1_000 * HOUR, -2),
    });
    const { stdout } = await runGateway('sources', '--state-dir', gateway.stateDir);
    expect(stdout.split('\n').filter((line) => line.endsWith(REASON))).toEqual([
      expect.stringMatching(new RegExp(`^${id} +falseticker +1 `)),
    ]);
  });
});
