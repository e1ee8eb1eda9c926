/** Events of a real gateway with real servers and real jitter: whatever the core is today, what it says of them is true. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { contains, uncertainty, widen } from '#contract/interval.ts';
import { after, between, nanos, seconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import { clockOf } from '../../ntp-gateway/core/state.ts';
import { isUsable, readClock } from '../../ntp-gateway/discipline/clock.ts';
import type { Look } from '../../ntp-gateway/discipline/jump.ts';
import { decodeLine } from '../../ntp-gateway/record/encoding.ts';
import { replayAll } from '../support/recorded.ts';

const FILE = join(import.meta.dirname, 'recorded', 'hour.jsonl.gz');

/** Its README says why: the servers' clocks are this far ahead of the host's. */
const AHEAD = seconds(5);
/** How far the host's own two clocks wander apart within a few seconds. */
const TOLERANCE = nanos(20_000);
/** The error as a part of the bound, root mean square. A guess that is anywhere inside would be at 0.58; we were at 0.10. */
const NEAR = 0.25;
/** Looks on either side of one, a second apart. */
const AROUND = 5;

/** The events alone: the digests are of the core that recorded them. */
const lines = gunzipSync(readFileSync(FILE))
  .toString()
  .split('\n')
  .filter((line) => line !== '' && !/^\{"kind":"(digest|end)"/.test(line));

const looks = lines.flatMap((line): Look[] => {
  const decoded = decodeLine(line);
  const event = decoded.ok ? (decoded.value as { kind: string } & Look) : undefined;
  return event?.kind === 'look' ? [event] : [];
});

/** A look reads the wall clock last and may be held up before it: the least of those around it says what it was. */
const truths = looks.map(({ now }, i): UnixNanos => {
  const around = looks.slice(Math.max(0, i - AROUND), i + AROUND + 1);
  const ahead = around.map((look) => look.wall - look.now).reduce((least, one) => (one < least ? one : least));
  return after(unixNanos(now + ahead), AHEAD);
});

it('of the recorded hour only what is true is said, and the estimate is better than a guess', () => {
  /** Of the error as a part of the bound. */
  let squares = 0;
  const seen = { looks: 0, claimed: 0 };
  let last: Look | undefined;
  const replay = replayAll(lines, ({ core }) => {
    if (!core.lastLook || core.lastLook === last) return;
    last = core.lastLook;
    const truth = truths[seen.looks++]!;
    const clock = clockOf(core);
    const claim = clock && readClock(clock, last.now);
    if (!clock || !claim || !isUsable(clock, claim)) return;
    seen.claimed++;
    squares += (between(claim.time, truth) / uncertainty(claim, claim.time)) ** 2;
    expect(contains(widen(claim, TOLERANCE), truth)).toBe(true);
  });
  expect(seen.looks).toBe(looks.length);
  expect(seen.looks).toBeGreaterThan(3_600);
  expect(seen.claimed / seen.looks).toBeGreaterThan(0.99);
  expect(Math.sqrt(squares / seen.claimed)).toBeLessThan(NEAR);
  expect(replay?.core.jumps).toEqual({});
  expect(Math.min(...Object.values(replay?.measurements ?? {}))).toBeGreaterThan(10);
});
