/** The gateway dies: what the edge says gets wider and ends; and it speaks again when the gateway does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Chronyd, hasChronyd, startChronyd } from '../../support/chronyd.ts';
import {
  type Asked,
  askTime,
  expectTruth,
  hostMs,
  startTestEdge,
  type TestEdge,
  untilTime,
} from '../../support/edge.ts';
import { type GatewayProcess, makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { GATEWAY_ID } from '../../support/gateway-config.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT = 5;
const SHIFT_MS = 1_000 * SHIFT;
const MAX_AGE_S = 3;
const MAX_UNCERTAINTY_MS = 150;
/** Makes an edge's bound grow by 20 ms each second. */
const DRIFT_PPM = 20_000;

describe.skipIf(!hasChronyd)('an edge whose gateway dies', () => {
  const keep = stopAfterAll();
  let upstream: Chronyd;
  let byAge: TestEdge;
  let byWidth: TestEdge;
  let gateway: GatewayProcess;
  let stateDir: string;
  const start = () => keep(startGateway({ stateDir, sources: [upstream], publish: [byAge.url, byWidth.url] }));
  beforeAll(async () => {
    const state = await makeGatewayState();
    stateDir = state.stateDir;
    upstream = await keep(startChronyd({ shiftSeconds: SHIFT }));
    const drift = { EDGE_DRIFT_PPM: `${DRIFT_PPM}` };
    byAge = await keep(startTestEdge(state.x, { vars: { ...drift, MAX_SAMPLE_AGE_S: `${MAX_AGE_S}` } }));
    byWidth = await keep(startTestEdge(state.x, { vars: { ...drift, MAX_UNCERTAINTY_MS: `${MAX_UNCERTAINTY_MS}` } }));
    gateway = await start();
    await untilPublished(gateway);
    for (const { url } of [byAge, byWidth]) await untilTime(url);
  });

  /** Its answers until it has none, and how long after it asked for the last of them it heard so. */
  const untilSilent = async (edge: TestEdge): Promise<{ said: readonly Asked[]; silentAfterMs: number }> => {
    const said: Asked[] = [];
    const silentAt = await waitFor('no time', async () => {
      const asked = await askTime(edge.url);
      if (!asked) return hostMs();
      expectTruth(asked, SHIFT_MS);
      said.push(asked);
      return false;
    });
    return { said, silentAfterMs: silentAt - said.at(-1)!.before };
  };

  const epochAt = async (edge: TestEdge): Promise<number> => {
    const response = await fetch(`${edge.url}/health`);
    const { gateways } = (await response.json()) as { gateways: Record<string, { epoch: number }> };
    return gateways[GATEWAY_ID]!.epoch;
  };

  it('says less and less, and no-time at the limit of age and of width', async () => {
    process.kill(gateway.child.pid, 'SIGKILL');
    await gateway.child.ended;
    const [old, wide] = await Promise.all([untilSilent(byAge), untilSilent(byWidth)]);

    for (const { said } of [old, wide]) {
      const [first, last] = [said[0]!.answer, said.at(-1)!.answer];
      const elapsed = last.sampleAgeMs - first.sampleAgeMs;
      expect(last.uncertaintyMs - first.uncertaintyMs).toBeGreaterThan((0.9 * elapsed * DRIFT_PPM) / 1e6);
    }
    const oldest = old.said.at(-1)!.answer.sampleAgeMs;
    expect(oldest).toBeLessThanOrEqual(1_000 * MAX_AGE_S);
    expect(oldest + old.silentAfterMs).toBeGreaterThan(1_000 * MAX_AGE_S);
    const widest = wide.said.at(-1)!.answer.uncertaintyMs;
    expect(widest).toBeLessThanOrEqual(MAX_UNCERTAINTY_MS);
    expect(widest + (1.1 * wide.silentAfterMs * DRIFT_PPM) / 1e6).toBeGreaterThan(MAX_UNCERTAINTY_MS);

    for (const { url } of [byAge, byWidth]) {
      const refusal = await fetch(`${url}/time`);
      expect(refusal.status).toBe(503);
      expect(refusal.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(await refusal.json()).toMatchObject({ type: 'urn:noonmark:problem:no-time', status: 503 });
    }
  });

  it('speaks again when the gateway does, in a later epoch', async () => {
    const before = await Promise.all([byAge, byWidth].map(epochAt));
    gateway = await start();
    for (const edge of [byAge, byWidth]) expectTruth(await untilTime(edge.url), SHIFT_MS);
    const after = await Promise.all([byAge, byWidth].map(epochAt));
    for (const [index, epoch] of after.entries()) expect(epoch).toBeGreaterThan(before[index]!);
  });
});
