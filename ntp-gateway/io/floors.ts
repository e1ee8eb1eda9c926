/**
 * How far each edge's answers have come: none from before counts any more. Kept for the next start, or whoever holds a key that an
 * edge has long thrown away could tell us a day at which it was good.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { encodeText, unixNs } from '#contract/fields.ts';
import { RELEASED } from '#contract/released.ts';
import { between, seconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import type { EdgeAsked } from '../ports.ts';
import { readKeptJson, writeAtomically } from './files.ts';
import { keeping } from './keeping.ts';
import { attempt } from './setup-error.ts';

export type Floors = {
  readonly of: (edge: EdgeAsked) => UnixNanos;
  /** Writes now and then. */
  readonly raise: (edge: EdgeAsked, to: UnixNanos) => void;
  readonly keep: () => void;
};

const MOST_BYTES = 64 * 1024;
const WRITE_EVERY = seconds(60);

const schema = v.record(v.string(), unixNs);

export const openFloors = (stateDir: string): Floors => {
  const path = join(stateDir, 'edges');
  const found = readKeptJson(path, MOST_BYTES, schema, 'edges’ answers may be older ones');
  const floors = new Map(typeof found === 'string' ? [] : Object.entries(found));
  let written = new Map(floors);

  const keep = (): void => {
    if (floors.size === 0) return;
    keeping.keep(path, () => {
      const text = encodeText(Object.fromEntries(floors));
      written = new Map(floors); // also where it is not: that is tried again by itself
      attempt(`write ${path}`, () => writeAtomically(path, `${text}\n`, 0o600));
    });
  };
  const of = (edge: EdgeAsked): UnixNanos => floors.get(nameOf(edge)) ?? RELEASED;

  return {
    of,
    raise: (edge, to) => {
      if (to <= of(edge)) return;
      floors.set(nameOf(edge), to);
      if (between(written.get(nameOf(edge)) ?? unixNanos(0n), to) >= WRITE_EVERY) keep();
    },
    keep,
  };
};

const nameOf = ({ name, gatewayKey }: EdgeAsked): string => `${name} ${gatewayKey}`;
