/** From what the gateways agree on to what a caller is told. */
import { MOST_HOPS } from '#contract/fields.ts';
import type { Interval } from '#contract/interval.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { unixMillis } from '#contract/time.ts';
import { type Answer, isWithin } from '#contract/time-answer.ts';
import type { Agreed } from './agreement.ts';
import { budgetOf } from './budget.ts';
import type { Settings } from './env.ts';
import { sampleAge } from './kept.ts';
import { carry } from './statement.ts';

/** @param detailed - with what the width is made of. */
export const answerFrom = (
  { agreement, unixMs, ...from }: Agreed,
  nowUnixMs: number,
  detailed: boolean,
  { rules, maxUncertainty }: Pick<Settings, 'rules' | 'maxUncertainty'>,
): Result<Answer, 'no-time'> => {
  if (!agreement.ok) return agreement;
  if (from.reader.exchanges.length === 0) return refuse('no-time', 'this clock has yet to be held against the other');
  const { spokesman, leap, taiOffsetSeconds } = agreement.value;
  const age = sampleAge(spokesman, nowUnixMs);
  if (age > rules.maxSampleAge) return refuse('no-time', 'no fresh sample');
  // All statements age alike, so what was agreed a moment ago ages as they do. The clock's step is in it already.
  const aged = carry(agreement.value, instant(unixMs), instant(nowUnixMs), rules.drift);
  const { earliest, latest, estimate } = aged;
  const answer: Answer = {
    earliest,
    latest,
    time: estimate,
    synchronized: spokesman.synchronized,
    leap,
    taiOffsetSeconds,
    stratum: spokesman.stratum + 1,
    gateway: spokesman.gateway,
    sampleAge: age,
  };
  if (!isWithin(answer, maxUncertainty)) return refuse('no-time', 'the bound is too wide');
  if (!detailed) return ok(answer);
  const known = { ...from, agreement: agreement.value, unixMs };
  const lineage = lineageOf(from);
  return ok({ ...answer, budget: budgetOf(known, rules, aged), ...(lineage.length <= MOST_HOPS && { lineage }) });
};

/** Whoever hands this time on has to name them all: any of those who agree may have set an end of it. */
const lineageOf = ({ kept, verdicts }: Pick<Agreed, 'kept' | 'verdicts'>): readonly string[] => [
  ...new Set(kept.filter(({ gateway }) => verdicts.get(gateway) === 'agrees').flatMap(({ lineage }) => lineage)),
];

const instant = (unixMs: number): Interval => ({ earliest: unixMillis(unixMs), latest: unixMillis(unixMs) });
