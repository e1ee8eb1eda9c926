/** What is kept of one gateway, and all that this says of true time as a clock of the edge is read. */
import { type Interval, intersectAll } from '#contract/interval.ts';
import { guardLeap, type LeapNotice } from '#contract/leap.ts';
import { milliseconds, type Nanos } from '#contract/time.ts';
import type { PullFrom } from './pull.ts';
import { type Assumptions, type Bound, type Carried, type Reader, statementsNow } from './statement.ts';

export type Kept = {
  readonly gateway: string;
  readonly epoch: number;
  readonly sequence: number;
  /** Of the newest sample. */
  readonly sha256: string;
  readonly synchronized: boolean;
  readonly leap: LeapNotice;
  readonly stratum: number;
  readonly taiOffsetSeconds: number | null;
  /** Whom its time came through, itself the last. */
  readonly lineage: readonly string[];
  /** When the newest sample came in, by the object's clock. */
  readonly receivedUnixMs: number;
  /** The newest sample by itself: as it came in, true time was not before its earliest. No upper end. */
  readonly newest: Bound;
  /** Readings that this gateway has bounded, the newest first. */
  readonly bounds: readonly Bound[];
  /** Where isolates may ask it themselves. */
  readonly pull?: PullFrom;
  /** How many bounds it handed in that fitted no answer of ours. */
  readonly readingsRefused: number;
};

/** How long ago the newest sample came in. A clock set back since then makes it no younger than it is. */
export const sampleAge = ({ receivedUnixMs }: Kept, nowUnixMs: number): Nanos =>
  milliseconds(Math.abs(nowUnixMs - receivedUnixMs));

/** All that a gateway says of true time, what that leaves possible (undefined for nothing), and the same near a leap second. */
export type Word = {
  readonly statements: readonly Carried[];
  readonly common: Interval | undefined;
  readonly guarded: Interval | undefined;
};

/**
 * Near a leap second each gateway's word is widened by itself, and by its own notice: our clocks may have gone through it,
 * and it has not told us the outcome. So who has is not widened, and who denies it, or makes one up, speaks for nobody else.
 */
export const wordOf = (kept: Kept, reader: Reader, nowUnixMs: number, assumptions: Assumptions): Word => {
  const statements = [...kept.bounds, kept.newest].flatMap((bound) =>
    statementsNow(bound, reader, nowUnixMs, assumptions),
  );
  const common = intersectAll(statements);
  return { statements, common, guarded: common && guardLeap(common, kept.leap) };
};
