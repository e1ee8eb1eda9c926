/**
 * What gateways told this isolate itself. Each is a bound by its own clock, which needs no promise about any other; for
 * this isolate alone, in memory, beside what the object tells.
 */
import type { PulledTime } from '#contract/pulled-time.ts';
import { between, milliseconds } from '#contract/time.ts';
import type { Settings } from './env.ts';
import { type Kept, sampleAge } from './kept.ts';
import { type AskGateway, LONGEST_WAIT_MS, type PullFailure, type PullFrom } from './pull.ts';
import type { Bound, Reading } from './statement.ts';

/** The tightest of the last few stays when a slow one follows. */
const BOUNDS_KEPT = 4;

export type PullReport = {
  /** How many count now. */
  readonly bounds: number;
  /** How often a question brought nothing, by word. */
  readonly failures: Readonly<Partial<Record<PullFailure, number>>>;
};

/** @param name - of our clock. */
export const createPulls = (
  name: string,
  { rules, refreshMs }: Pick<Settings, 'rules' | 'refreshMs'>,
  clock: () => number,
  ask: AskGateway,
) => {
  /** By gateway. A question lasts no longer than until the next may be asked: there is one at a time. */
  const asked = new Map<string, number>();
  const told = new Map<string, { readonly epoch: number; readonly bounds: readonly Bound[] }>();
  /** How often all of that was forgotten. */
  let jumps = 0;
  const failures = new Map<string, PullReport['failures']>();
  const spacingMs = Math.max(refreshMs, LONGEST_WAIT_MS);

  const isDue = (kept: Kept, nowUnixMs: number): kept is Kept & { readonly pull: PullFrom } => {
    const last = asked.get(kept.gateway);
    const isEarly = last !== undefined && Math.abs(nowUnixMs - last) < spacingMs;
    // Who has no vote, or no time to sign, is not asked.
    return kept.pull !== undefined && !isEarly && kept.synchronized && sampleAge(kept, nowUnixMs) <= rules.maxSampleAge;
  };

  const pull = async (gateway: string, from: PullFrom): Promise<void> => {
    const jumpsBefore = jumps;
    const fromUnixMs = clock();
    asked.set(gateway, fromUnixMs);
    const answer = await ask(gateway, from);
    const toUnixMs = clock();
    if (!answer.ok) return fail(gateway, answer.reason);
    if (jumps !== jumpsBefore || toUnixMs < fromUnixMs) return fail(gateway, 'clock-jumped');
    const { epoch } = answer.value;
    const before = told.get(gateway);
    const earlier = before?.epoch === epoch ? before.bounds : [];
    const bound = boundOf(answer.value, { clock: name, fromUnixMs, toUnixMs, isLate: false });
    told.set(gateway, { epoch, bounds: [bound, ...earlier].slice(0, BOUNDS_KEPT) });
  };

  const fail = (gateway: string, reason: PullFailure): void => {
    const before = failures.get(gateway) ?? {};
    failures.set(gateway, { ...before, [reason]: (before[reason] ?? 0) + 1 });
  };

  /** Its word counts as long as that of its samples: while its epoch lasts, and no longer than it may be silent. */
  const boundsOf = ({ gateway, epoch }: Pick<Kept, 'gateway' | 'epoch'>, nowUnixMs: number): readonly Bound[] => {
    const own = told.get(gateway);
    if (own?.epoch !== epoch) return [];
    return own.bounds.filter(({ readings: [reading] }) => {
      const ageMs = Math.abs(nowUnixMs - reading!.toUnixMs); // of each, there is one
      return milliseconds(ageMs) <= rules.maxSampleAge;
    });
  };

  return {
    /** Asks those that are due. @returns for each, when it has answered or failed. */
    ask: (kept: readonly Kept[]): readonly Promise<void>[] => {
      const nowUnixMs = clock();
      return kept.flatMap((one) => (isDue(one, nowUnixMs) ? [pull(one.gateway, one.pull)] : []));
    },
    /** Our clock may have jumped: what was told by it says nothing any more. */
    forget: (): void => {
      told.clear();
      jumps++;
    },
    /** What is kept of each gateway, with what it told us. */
    addTo: (kept: readonly Kept[], nowUnixMs: number): readonly Kept[] =>
      kept.map((one) => {
        const bounds = boundsOf(one, nowUnixMs);
        return bounds.length > 0 ? { ...one, bounds: [...bounds, ...one.bounds] } : one;
      }),
    /** By gateway, of those that were asked. */
    reports: (kept: readonly Kept[], nowUnixMs: number): ReadonlyMap<string, PullReport> =>
      new Map(
        kept
          .filter(({ gateway }) => asked.has(gateway))
          .map((one) => [
            one.gateway,
            { bounds: boundsOf(one, nowUnixMs).length, failures: failures.get(one.gateway) ?? {} },
          ]),
      ),
  };
};

const boundOf = ({ earliestUnixNs, estimateUnixNs, latestUnixNs }: PulledTime, reading: Reading): Bound => ({
  earliest: earliestUnixNs,
  estimate: estimateUnixNs,
  latest: latestUnixNs,
  readings: [reading],
  own: { below: between(earliestUnixNs, estimateUnixNs), above: between(estimateUnixNs, latestUnixNs) },
});
