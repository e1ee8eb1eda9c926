/** What came of a day. */
import type { CacheOutcome } from '../../../worker/sharing.ts';
import { SUSPICIONS } from '../../../worker/timekeeper.ts';
import type { makeObject } from './object.ts';
import type { Pulls } from './pulls.ts';
import type { makeJudge, Word } from './verdict.ts';

export type Report = ReturnType<ReturnType<typeof makeJudge>['report']> & {
  readonly calls: ReturnType<typeof makeObject>['calls'];
  /** How many there would be by the formula: the most, without a cache; the least, where each look into it is a hit. */
  readonly reckoned: { readonly most: number; readonly least: number };
  readonly pulls: Pulls['counts'];
  readonly moves: number;
  /** Isolates, all in all and at a time. */
  readonly born: number;
  readonly alive: number;
  /** What came of looks into the locations' caches. */
  readonly cacheOutcomes: ReadonlyMap<CacheOutcome, number>;
};

/** In one line. */
export const tell = (name: string, report: Report): string => {
  const {
    asks,
    availability,
    median,
    p99,
    worst,
    born,
    alive,
    calls,
    pulls,
    reckoned,
    moves,
    refusals,
    cacheOutcomes,
  } = report;
  return [
    `${name}: ${asks} asks, ${(100 * availability).toFixed(3)} % answered`,
    `± ${median.toFixed(1)} ms (median), ${p99.toFixed(1)} (99 %), ${worst.toFixed(1)} (worst)`,
    `${born} isolates, ${Math.round(alive)} at a time`,
    `object: ${calls.knowledge} times asked (reckoned: ${reckoned.least.toFixed()} to ${reckoned.most.toFixed()})`,
    `${calls.keep} samples, ${calls.failed} calls failed, moved ${moves} times`,
    `gateways: ${pulls.told} times pulled from, ${pulls.failed} in vain`,
    `cache: ${[...cacheOutcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`,
    ...[...refusals].map(([detail, count]) => `503 ${detail}: ${count}`),
  ].join('; ');
};

/** What an isolate says of a gateway that it does not believe. */
const ACCUSATIONS: readonly Word[] = ['outvoted', 'contradicts-itself', 'unsynchronized', ...SUSPICIONS];

/** Those that some isolate has said of one of these gateways. */
export const accusations = ({ words }: Report, ...gateways: readonly string[]): readonly Word[] =>
  gateways.flatMap((gateway) => ACCUSATIONS.filter((word) => words.get(gateway)?.has(word)));
