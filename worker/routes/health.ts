/** `GET /health`: whether this isolate can tell the time, what it has seen, and which gateways it does not believe. */
import * as v from 'valibot';
import { count } from '#contract/fields.ts';
import { uncertainty } from '#contract/interval.ts';
import { VERDICTS } from '../agreement.ts';
import { respondJson } from '../headers.ts';
import { type Kept, sampleAge } from '../kept.ts';
import { CHAIN_ENDS, chainOf } from '../key-chain.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import type { Problem } from '../problem.ts';
import { PULL_FAILURES } from '../pull.ts';
import { CACHE_OUTCOMES } from '../sharing.ts';
import { SUSPICIONS } from '../timekeeper.ts';

const keptOf = v.object({
  epoch: count,
  sequence: count,
  sampleAgeMs: v.pipe(v.number(), v.minValue(0)),
  synchronized: v.boolean(),
  bounds: count,
  readingsRefused: count,
});
const gateway = v.object({
  verdict: v.picklist([...VERDICTS, 'unheard']),
  /** Why its last sample was not kept. */
  refused: v.exactOptional(v.picklist(SUSPICIONS)),
  /** Why its key counts no more: another one must be put into the settings. */
  key: v.exactOptional(v.picklist(CHAIN_ENDS)),
  ...v.partial(keptOf).entries,
  /** Where this isolate has asked it: how many of its answers count now, and why others do not. */
  pulls: v.exactOptional(
    v.object({ bounds: count, failures: v.partial(v.object(v.entriesFromList(PULL_FAILURES, count))) }),
  ),
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
  /** What came of looks into the location's cache, by word. */
  cache: v.partial(v.object(v.entriesFromList(CACHE_OUTCOMES, count))),
});

export const getHealth =
  ({ isolate, settings, scope }: Ports, refusals: ReadonlyMap<Problem, number>) =>
  async (c: EdgeContext): Promise<Response> => {
    const answer = await isolate.time(scope(c));
    const health = isolate.health();
    const { gateways, verdicts, suspicions, nowUnixMs, contradictions, objectFailures, cache } = health;
    const gatewayHealth = (id: string): v.InferOutput<typeof gateway> => {
      const kept = gateways.find((one) => one.gateway === id);
      const refused = suspicions.get(id);
      const pulls = health.pulls.get(id);
      const { end } = chainOf(settings.gatewayKeys[id]!, isolate.chains()[id]);
      return {
        verdict: verdicts.get(id) ?? 'unheard',
        ...(refused && { refused }),
        ...(end && { key: end.reason }),
        ...(kept && keptHealth(kept, nowUnixMs)),
        ...(pulls && { pulls }),
      };
    };
    const body: v.InferOutput<typeof healthReport> = {
      ...(answer.ok ? { status: 'ok' } : { status: answer.reason, ...(answer.detail && { detail: answer.detail }) }),
      uncertaintyMs: answer.ok ? uncertainty(answer.value, answer.value.time) / 1e6 : null,
      gateways: Object.fromEntries(Object.keys(settings.gatewayKeys).map((id) => [id, gatewayHealth(id)])),
      refusals: Object.fromEntries(refusals),
      delegationRefusals: isolate.edge()?.refusals ?? {},
      contradictions,
      objectFailures,
      cache: Object.fromEntries(cache),
    };
    return respondJson(body, answer.ok ? 200 : 503);
  };

const keptHealth = (kept: Kept, nowUnixMs: number): v.InferOutput<typeof keptOf> => ({
  epoch: kept.epoch,
  sequence: kept.sequence,
  sampleAgeMs: sampleAge(kept, nowUnixMs) / 1e6,
  synchronized: kept.synchronized,
  bounds: kept.bounds.length,
  readingsRefused: kept.readingsRefused,
});
