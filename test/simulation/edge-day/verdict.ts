/** Holds each answer against true time, and each isolate's word about gateways against who they are. */
import { contains, uncertainty } from '#contract/interval.ts';
import type { Verdict } from '../../../worker/agreement.ts';
import type { Suspicion } from '../../../worker/timekeeper.ts';
import type { Course } from './course.ts';
import type { Inhabitant } from './population.ts';

export type Word = Verdict | Suspicion;

export const makeJudge = (course: Course, warmUpMs: number) => {
  const halves: number[] = [];
  /** What was wrong, in words: answers that do not hold true time, or that should not have been given. */
  const faults: string[] = [];
  const words = new Map<string, Map<Word, number>>();
  let [asks, answers, asksOfBroken, contradictions] = [0, 0, 0, 0];
  const refusals = new Map<string, number>();

  const note = (gateway: string, word: Word): void => {
    const before = words.get(gateway) ?? new Map<Word, number>();
    words.set(gateway, before.set(word, (before.get(word) ?? 0) + 1));
  };

  return {
    ask: async ({ isolate, scope, isBroken, readAt }: Inhabitant): Promise<void> => {
      const isJudged = !isBroken && course.passedMs() >= warmUpMs;
      if (isBroken) asksOfBroken++;
      if (isJudged) asks++;
      const answer = await isolate.time(scope);
      // The instant at which its clock was read for this answer: after the request came in, before the answer went out.
      const truth = readAt();
      if (answer.ok) {
        const { value } = answer;
        if (isBroken) faults.push(`${course.passedMs()}: an answer by a clock that is far off`);
        else if (!contains(value, truth))
          faults.push(`${course.passedMs()}: ${truth} in [${value.earliest}, ${value.latest}]`);
        if (!contains(value, value.time)) faults.push(`${course.passedMs()}: the estimate is outside`);
        if (isJudged) {
          answers++;
          halves.push(uncertainty(value, value.time) / 1e6);
        }
      } else if (isJudged) refusals.set(answer.detail ?? '', (refusals.get(answer.detail ?? '') ?? 0) + 1);
      if (isBroken) return;
      const health = isolate.health();
      contradictions = Math.max(contradictions, health.contradictions);
      for (const [gateway, verdict] of health.verdicts) note(gateway, verdict);
      for (const [gateway, suspicion] of health.suspicions) note(gateway, suspicion);
    },
    report: () => {
      halves.sort((a, b) => a - b);
      const quantile = (share: number): number => halves[Math.floor(share * (halves.length - 1))] ?? Number.NaN;
      return {
        faults,
        asks,
        asksOfBroken,
        availability: answers / asks,
        refusals,
        contradictions,
        /** By gateway: how often what was said of it. */
        words,
        /** ± in ms: uncertainty of the answers. */
        median: quantile(0.5),
        p99: quantile(0.99),
        worst: quantile(1),
      };
    },
  };
};
