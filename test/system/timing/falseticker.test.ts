/** Three upstreams, one of them an hour off: what the other two say is what arrives, and the liar is named. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { askPrecisely, expectTruth, startTestEdge } from '../../support/edge.ts';
import { makeGatewayState, runGateway, startGateway, untilPublished } from '../../support/gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { startUdpRelay } from '../../support/udp-relay.ts';

const SHIFT = 5;
const HOUR = 3_600;
const REASON = 'its interval does not touch the one that the majority agrees on';

const CASES = [
  { liar: 'one of three that is an hour off', pathMs: 0 },
  { liar: 'one that is an hour off and the quickest of three', pathMs: 2 },
];

/** Resolves once it has published. */
const startAmong = async (keep: ReturnType<typeof stopAfterAll>, pathMs: number) => {
  const { stateDir, x } = await makeGatewayState();
  const [liar, edge, ...honest] = await Promise.all([
    keep(startChronyd({ shiftSeconds: SHIFT + HOUR, stratum: 1 })),
    keep(startTestEdge(x)),
    keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 })),
    keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 })),
  ]);
  const paths = await Promise.all(honest.map(({ port }) => keep(startUdpRelay(port))));
  for (const { up, down } of paths) up.delayMs = down.delayMs = pathMs;
  const sources = [...(pathMs > 0 ? paths : honest), liar];
  const gateway = await keep(startGateway({ stateDir, sources, publish: [edge.url] }));
  await untilPublished(gateway);
  return { liar, edge, gateway };
};

const keep = stopAfterAll();
let all: Awaited<ReturnType<typeof startAmong>>[] = [];
beforeAll(async () => {
  if (hasChronyd) all = await Promise.all(CASES.map(({ pathMs }) => startAmong(keep, pathMs)));
});

describe.skipIf(!hasChronyd).each(CASES.map(({ liar }, index) => ({ name: liar, index })))('$name', ({ index }) => {
  it('does not keep the others’ time from arriving', async () => {
    const { edge, gateway } = all[index]!;
    expect(Math.abs((await queryWithChronyd(gateway.ntpPort)) - SHIFT)).toBeLessThan(0.001);
    const asked = await askPrecisely(edge.url);
    expectTruth(asked, 1_000 * SHIFT);
  });

  it('is named by sources, as JSON and as text', async () => {
    const { liar, gateway } = all[index]!;
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
