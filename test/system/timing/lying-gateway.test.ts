/** Three gateways at one edge, one of which lies: the others' time is told, and the liar is named, its word kept as evidence. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../worker/keeper.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { askPrecisely, expectTruth, startTestEdge, type TestEdge } from '../../support/edge.ts';
import { makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT = 5;
const HOUR = 3_600;

type Health = { readonly gateways: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
const gatewayOf = (jws: string): string =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()).gateway;

/** Gateways that are ahead of this host by so many seconds, each with an upstream of its own. */
const startGateways = async (keep: ReturnType<typeof stopAfterAll>, ahead: Readonly<Record<string, number>>) => {
  const states = await Promise.all(
    Object.entries(ahead).map(async ([id, shiftSeconds]) => ({ id, shiftSeconds, ...(await makeGatewayState()) })),
  );
  const keys = Object.fromEntries(states.map(({ id, x }) => [id, x]));
  const edge = await keep(startTestEdge('', { vars: { GATEWAY_KEYS: JSON.stringify(keys) } }));
  const gateways = await Promise.all(
    states.map(async ({ id, shiftSeconds, stateDir }) => {
      const upstream = await keep(startChronyd({ shiftSeconds, stratum: 1 }));
      return keep(startGateway({ id, stateDir, sources: [upstream], publish: [edge.url] }));
    }),
  );
  return { edge, gateways };
};

const LIES = [
  { lie: 'an hour', seconds: HOUR },
  { lie: '50 ms, with a tight bound', seconds: 0.05 },
];

const keep = stopAfterAll();
let [edgeOfTwo, ...edges] = [] as TestEdge[];
beforeAll(async () => {
  if (!hasChronyd) return;
  const all = await Promise.all([
    startGateways(keep, { 'gw-1': SHIFT, 'gw-2': SHIFT + 0.5 }),
    ...LIES.map(({ seconds }) => startGateways(keep, { 'gw-1': SHIFT, 'gw-2': SHIFT, liar: SHIFT + seconds })),
  ]);
  [edgeOfTwo, ...edges] = all.map(({ edge }) => edge);
  for (const { gateways } of all) for (const each of gateways.slice(0, 2)) await untilPublished(each);
});

describe.skipIf(!hasChronyd).each(LIES.map(({ lie }, index) => ({ lie, index })))(
  'one gateway of three that is off by $lie',
  ({ index }) => {
    const url = () => edges[index]!.url;
    const health = async (): Promise<Health> => (await fetch(`${url()}/health`)).json() as Promise<Health>;

    it('is named', async () => {
      // Either its samples are kept and it is outvoted, or the others know the time well enough already to refuse them.
      await waitFor('its name', async () => {
        const { liar } = (await health()).gateways;
        return liar?.verdict === 'outvoted' || liar?.refused === 'future';
      });
      expect((await health()).gateways).toMatchObject({ 'gw-1': { verdict: 'agrees' }, 'gw-2': { verdict: 'agrees' } });
    });

    it('does not keep the second that is shifted from arriving', async () => {
      const asked = await askPrecisely(url());
      expectTruth(asked, 1_000 * SHIFT);
    });

    it('has its word in the public log', async () => {
      const log = (await (await fetch(`${url()}/samples`)).json()) as readonly LogEntry[];
      const its = log.filter(({ jws }) => gatewayOf(jws) === 'liar');
      expect(its.length).toBeGreaterThan(0);
      for (const entry of its) expect(['kept', 'future']).toContain(entry.outcome);
    });
  },
);

describe.skipIf(!hasChronyd)('two gateways that contradict each other', () => {
  it('are asked in vain: 503, not a guess', async () => {
    const response = await fetch(`${edgeOfTwo!.url}/time`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: 'the gateways do not agree' });
  });
});
