/** What is known of the oscillator, in a file of the state directory: read at start, written now and then, and at the end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { monoNanos, nanos, unixNanos } from '#contract/time.ts';
import type { KeptOscillator } from '../discipline/remembered.ts';
import { readBounded, readKeptJson, writeAtomically } from './files.ts';
import { keeping } from './keeping.ts';
import { attempt } from './setup-error.ts';

const MOST_BYTES = 1_024;

/** A ratio less one; the bound is that of `max_drift`. */
const frequency = v.pipe(v.number(), v.minValue(-0.1), v.maxValue(0.1));
const digits = v.pipe(
  v.string(),
  v.regex(/^\d{1,20}$/),
  v.transform((text) => BigInt(text)),
);

const schema = v.pipe(
  v.strictObject({
    version: v.literal(1),
    /** Null where the system does not name its boots. */
    bootId: v.nullable(v.string()),
    savedAt: v.strictObject({
      monoNs: v.pipe(digits, v.transform(monoNanos)),
      wallUnixNs: v.pipe(digits, v.transform(unixNanos)),
      /** Some ns below 0 on a host that never slept: two clocks are read for it, one after the other. */
      sleptNs: v.optional(v.pipe(v.number(), v.transform(nanos))),
    }),
    frequency,
    frequencyBounds: v.pipe(
      v.strictObject({ least: frequency, greatest: frequency }),
      v.check(({ least, greatest }) => least <= greatest),
    ),
    wanderNsPerSqrtSecond: v.pipe(v.number(), v.minValue(0), v.maxValue(1e6)),
  }),
  v.transform(({ bootId, savedAt, frequency, frequencyBounds, wanderNsPerSqrtSecond: wander }) => {
    const { monoNs, wallUnixNs, sleptNs } = savedAt;
    const look = { now: monoNs, wall: wallUnixNs, ...(sleptNs !== undefined && { slept: sleptNs }) };
    return { bootId, kept: { look, frequency, frequencyBounds, wander } };
  }),
);

/** @returns undefined where there is none, or a damaged one, which is set aside. */
export const readOscillator = (
  stateDir: string,
  bootId: string | undefined,
): { readonly kept: KeptOscillator; readonly isThisBoot: boolean } | undefined => {
  const path = pathIn(stateDir);
  const found = readKeptJson(path, MOST_BYTES, schema, 'the oscillator is measured from scratch');
  if (typeof found === 'string') return undefined;
  return { kept: found.kept, isThisBoot: bootId !== undefined && found.bootId === bootId };
};

export const writeOscillator = (
  stateDir: string,
  bootId: string | undefined,
  { look: { now, wall, slept }, wander, ...kept }: KeptOscillator,
): void => {
  const savedAt = { monoNs: `${now}`, wallUnixNs: `${wall}`, sleptNs: slept };
  const file = { version: 1, bootId: bootId ?? null, savedAt, ...kept, wanderNsPerSqrtSecond: wander };
  const path = pathIn(stateDir);
  keeping.keep(path, () => attempt(`write ${path}`, () => writeAtomically(path, `${JSON.stringify(file)}\n`, 0o600)));
};

/** Linux alone names its boots. */
export const readBootId = (): string | undefined => {
  const path = '/proc/sys/kernel/random/boot_id';
  return existsSync(path) ? readBounded(path, 64)?.toString('latin1').trim() : undefined;
};

const pathIn = (stateDir: string): string => join(stateDir, 'oscillator.json');
