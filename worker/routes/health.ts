/** `GET /health`: whether this isolate can tell the time, and what it has seen. */
import * as v from 'valibot';
import { uncertainty } from '#contract/interval.ts';
import { type Kept, sampleAge } from '../agreement.ts';
import { respondJson } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import type { Problem } from '../problem.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const gateway = v.object({
  epoch: count,
  sequence: count,
  sampleAgeMs: v.pipe(v.number(), v.minValue(0)),
  synchronized: v.boolean(),
  bounds: count,
  readingsRefused: count,
});
export const healthReport = v.object({
  status: v.picklist(['ok', 'no-time']),
  detail: v.exactOptional(v.string()),
  uncertaintyMs: v.nullable(v.pipe(v.number(), v.minValue(0))),
  gateways: v.record(v.string(), gateway),
  /** By word. */
  refusals: v.record(v.string(), count),
  delegationRefusals: v.record(v.string(), count),
  contradictions: count,
  objectFailures: count,
});

export const getHealth =
  ({ isolate, scope }: Ports, refusals: ReadonlyMap<Problem, number>) =>
  async (c: EdgeContext): Promise<Response> => {
    const answer = await isolate.time(scope(c));
    const { gateways, nowUnixMs, contradictions, objectFailures } = isolate.health();
    const body: v.InferOutput<typeof healthReport> = {
      ...(answer.ok ? { status: 'ok' } : { status: answer.reason, ...(answer.detail && { detail: answer.detail }) }),
      uncertaintyMs: answer.ok ? uncertainty(answer.value, answer.value.time) / 1e6 : null,
      gateways: Object.fromEntries(gateways.map((kept) => [kept.gateway, gatewayHealth(kept, nowUnixMs)])),
      refusals: Object.fromEntries(refusals),
      delegationRefusals: isolate.edge()?.refusals ?? {},
      contradictions,
      objectFailures,
    };
    return respondJson(body, answer.ok ? 200 : 503);
  };

const gatewayHealth = (kept: Kept, nowUnixMs: number): v.InferOutput<typeof gateway> => ({
  epoch: kept.epoch,
  sequence: kept.sequence,
  sampleAgeMs: sampleAge(kept, nowUnixMs) / 1e6,
  synchronized: kept.synchronized,
  bounds: kept.bounds.length,
  readingsRefused: kept.readingsRefused,
});
