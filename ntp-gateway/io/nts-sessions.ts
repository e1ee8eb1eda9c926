/** The keys and cookies of NTS servers from one run to the next: a file of the state directory, written at the end. */
import { join } from 'node:path';
import * as v from 'valibot';
import { unixNanos } from '#contract/time.ts';
import type { KeyServer } from '../ports.ts';
import type { KeysAgreed } from '../protocol/keys.ts';
import { isUsableCookie, type NtsSession } from '../protocol/nts-session.ts';
import { AES_128_GCM_SIV, AES_SIV_CMAC_256, keySizeOf, MOST_COOKIES } from '../wire/nts.ts';
import { readKeptJson, removeDurably, writeAtomically } from './files.ts';
import { keeping } from './keeping.ts';
import type { ExporterGuess } from './key-exchange.ts';
import { attempt } from './setup-error.ts';

/** With whom keys were exchanged, what was agreed, and what of it is left. */
export type KeptSession = {
  readonly with: KeyServer;
  readonly agreed: Pick<KeysAgreed, 'server' | 'validity'>;
  readonly session: NtsSession;
  /** Until the first authentic reply. */
  readonly guess?: ExporterGuess;
};

/** 256 sessions, each with eight cookies of the longest. */
const MOST_BYTES = 4_000_000;

const octets = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
);
const time = v.pipe(
  v.string(),
  v.regex(/^-?\d{1,20}$/),
  v.transform((text) => unixNanos(BigInt(text))),
);
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

const session = v.pipe(
  v.strictObject({
    algorithm: v.picklist([AES_SIV_CMAC_256, AES_128_GCM_SIV]),
    keys: v.strictObject({ c2s: octets, s2c: octets }),
    cookies: v.pipe(v.array(octets), v.minLength(1), v.maxLength(MOST_COOKIES)),
  }),
  v.check(
    ({ algorithm, keys, cookies }) =>
      [keys.c2s, keys.s2c].every(({ length }) => length === keySizeOf(algorithm)) &&
      cookies.every((cookie) => isUsableCookie(algorithm, cookie)),
  ),
);

const schema = v.strictObject({
  version: v.literal(1),
  sessions: v.array(
    v.strictObject({
      with: v.strictObject({
        source: v.string(),
        name: v.string(),
        address: v.string(),
        port,
        nts: v.strictObject({ port, ca: v.exactOptional(v.string()) }),
      }),
      agreed: v.strictObject({
        server: v.strictObject({ address: v.string(), referenceId: v.number(), port }),
        validity: v.strictObject({ earliest: time, latest: time }),
      }),
      session,
    }),
  ),
});

/** The file is gone when this returns, or nothing of it counts: after a crash, no cookie is used a second time. */
export const takeSessions = (stateDir: string): readonly KeptSession[] => {
  const path = sessionsPath(stateDir);
  const found = readKeptJson(path, MOST_BYTES, schema, 'keys are exchanged anew');
  const isGone = keeping.keep(path, () => attempt(`remove ${path}`, () => removeDurably(path)));
  return isGone && typeof found !== 'string' ? found.sessions : [];
};

/** @param sessions - without a cookie one is of no use; nor is it while its keys are a guess. */
export const keepSessions = (stateDir: string, sessions: readonly KeptSession[]): void => {
  const path = sessionsPath(stateDir);
  const kept = sessions
    .filter(({ session: { cookies }, guess }) => cookies.length > 0 && !guess)
    .map(({ session: { identifier: _, ...session }, ...rest }) => ({ ...rest, session }));
  attempt(`write ${path}`, () =>
    writeAtomically(path, `${JSON.stringify({ version: 1, sessions: kept }, textOf)}\n`, 0o600),
  );
};

const textOf = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}`;
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
};

export const sessionsPath = (stateDir: string): string => join(stateDir, 'nts-sessions');
