/** 200 ms put into one direction: nobody can tell from an exchange which one it was, so the interval must hold both. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { type Asked, askTimeQuickly, expectTruth, startTestEdge } from '../../support/edge.ts';
import { makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { startUdpRelay } from '../../support/udp-relay.ts';

const SHIFT = 5;
const DELAY_MS = 200;
/** Half the delay, and a little less for a clock of whole ms. */
const LEAST_MS = 95;

type Delays = Partial<Record<'upstreamUp' | 'upstreamDown' | 'publishUp' | 'publishDown', number>>;

const askThrough = async (delays: Delays): Promise<Asked> => {
  const { upstreamUp = 0, upstreamDown = 0, publishUp = 0, publishDown = 0 } = delays;
  const { stateDir, x } = await makeGatewayState();
  await using upstream = await startChronyd({ shiftSeconds: SHIFT, stratum: 1 });
  await using relay = await startUdpRelay(upstream.port);
  relay.up.delayMs = upstreamUp;
  relay.down.delayMs = upstreamDown;
  await using edge = await startTestEdge(x);
  await using proxy = await startHttpProxy(edge.url);
  proxy.upDelayMs = publishUp;
  proxy.downDelayMs = publishDown;
  await using gateway = await startGateway({ stateDir, sources: [relay], publish: [proxy.origin] });
  await untilPublished(gateway, 5);
  return await askTimeQuickly(edge.url);
};

describe.skipIf(!hasChronyd)('200 ms more', () => {
  let [quick, ...slow]: Asked[] = [];
  const ways = [
    { way: 'to the edge', delays: { publishUp: DELAY_MS } },
    { way: 'back from the edge', delays: { publishDown: DELAY_MS } },
    { way: 'to the upstream', delays: { upstreamUp: DELAY_MS } },
    { way: 'back from the upstream', delays: { upstreamDown: DELAY_MS } },
  ];
  beforeAll(async () => {
    [quick, ...slow] = await Promise.all([{}, ...ways.map(({ delays }) => delays)].map(askThrough));
  });

  it.each(ways.map(({ way }, index) => ({ way, index })))('$way widen what still holds the truth', ({ index }) => {
    const asked = slow[index]!;
    expectTruth(asked, 1_000 * SHIFT);
    expect(asked.answer.uncertaintyMs).toBeGreaterThanOrEqual(LEAST_MS);
    expect(asked.answer.uncertaintyMs).toBeGreaterThan(quick!.answer.uncertaintyMs);
  });
});
