/** Evidence against edges, one file for each: whoever doubts it can verify the signature without us. */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { encodeText } from '#contract/fields.ts';
import type { ClockReading } from '../protocol/server-state.ts';
import type { Violation } from '../publish/edge-check.ts';
import { createFile, setAside } from './files.ts';
import { keeping } from './keeping.ts';
import { attempt } from './setup-error.ts';

const MOST_FILES = 100;

/** @param id - of this gateway, on whose word the edge's key stands. */
export const keepViolation = (stateDir: string, id: string, violation: Violation): void => {
  const folder = join(stateDir, 'violations');
  const { gatewayKey, said, beyond: beyondNs, before, after, ...evidence } = violation;
  const gateway = { id, keyId: gatewayKey.id, x: gatewayKey.x };
  const readings = { said: readingOf(said), before: readingOf(before), after: readingOf(after) };
  const text = encodeText({ version: 1, gateway, ...evidence, beyondNs, ...readings });
  // Where the disk is full, each number of an edge's episode waits by itself: the first is worth most, and how many there are is bounded.
  keeping.keep(join(folder, placeOf(violation)), () =>
    attempt(`write to ${folder}`, () => {
      if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) setAside(folder);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      makeRoom(folder);
      createFile(join(folder, nameOf(violation)), `${text}\n`, 0o600);
    }),
  );
};

const readingOf = ({ time, earliest, latest }: ClockReading) => ({
  timeUnixNs: time,
  earliestUnixNs: earliest,
  latestUnixNs: latest,
});

/** In the order of time, and of an edge's episode the first one ends in `-1.json`. */
const nameOf = (violation: Violation): string => {
  const time = new Date(Number(violation.after.time / 1_000_000n)).toISOString().replaceAll(':', '-');
  return `${time}-${placeOf(violation)}`;
};

const placeOf = ({ edge, number }: Violation): string =>
  `${new URL(edge).host.replaceAll(/[^\w.-]/g, '_')}-${number}.json`;

/** The first of an episode stay longest. */
const makeRoom = (folder: string): void => {
  const kept = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  const goes = kept.toSorted((a, b) => Number(isFirst(a)) - Number(isFirst(b)));
  for (const name of goes.slice(0, Math.max(0, kept.length - MOST_FILES + 1))) rmSync(join(folder, name));
};

const isFirst = (name: string): boolean => name.endsWith('-1.json');
