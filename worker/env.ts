/** The settings of wrangler.toml, read once into what the rest works with. */
import * as v from 'valibot';
import { name, publicKey } from '#contract/fields.ts';
import { majority } from '#contract/interval.ts';
import { milliseconds, type Nanos, seconds } from '#contract/time.ts';
import type { KeepRules } from './timekeeper.ts';

export type Settings = {
  /** Public keys by gateway id: `x` of the JWK. */
  readonly gatewayKeys: Readonly<Record<string, string>>;
  readonly rules: KeepRules;
  /** An answer whose ± is larger is not given. */
  readonly maxUncertainty: Nanos;
  /** How long an isolate lives on what it knows before it asks the object again. */
  readonly refreshMs: number;
  /** Whether isolates ask a copy in their region in place of the one object. */
  readonly regionalCopies: boolean;
  /** How many samples the log keeps. */
  readonly publicLog: number;
};

/** A variable arrives as a number or, from the dashboard and the command line, as text. */
const amount = (least: number, most: number) =>
  v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,15}(\.\d{1,9})?$/), v.transform(Number))]),
    v.check((n) => n >= least && n <= most),
  );
const whole = (least: number, most: number) => v.pipe(amount(least, most), v.integer());

const flagAsText = v.pipe(
  v.picklist(['true', 'false']),
  v.transform((text) => text === 'true'),
);

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const keys = v.pipe(
  // Names such as "constructor", which valibot leaves out of a record, and "toString", which every object knows: a gateway
  // that is silently missing lowers the quorum.
  v.custom<object>((value) => isObject(value) && !Object.keys(value).some((id) => id in Object.prototype)),
  v.record(name, publicKey),
  // Of one key there is one vote: whoever holds it would agree with himself.
  v.check((byId) => new Set(Object.values(byId)).size === Object.keys(byId).length),
);
const keysAsText = v.pipe(
  v.string(),
  v.transform((text) => text.trim() || '{}'),
  v.parseJson(),
  keys,
);

/** Each variable: its form, its default, and what to say when it does not fit. */
const VARIABLES = {
  GATEWAY_KEYS: {
    form: v.optional(v.union([keys, keysAsText]), {}),
    wanted: 'gateway ids with a public key each, of its own, 32 bytes in base64url',
  },
  QUORUM: { form: v.optional(whole(1, 1000)), wanted: 'a whole number from 1' },
  MAX_UNCERTAINTY_MS: { form: v.optional(amount(1, 86_400_000), 250), wanted: 'milliseconds, 1 to 86400000' },
  MAX_SAMPLE_AGE_S: { form: v.optional(amount(1, 86_400), 300), wanted: 'seconds, 1 to 86400' },
  MAX_CLOCK_ERROR_S: { form: v.optional(amount(0, 1e9), 86_400), wanted: 'seconds, 0 to 1000000000' },
  EDGE_SPREAD_MS: {
    form: v.optional(v.union([v.literal('measured'), amount(0, 86_400_000)]), 20),
    wanted: 'milliseconds, 0 to 86400000, or "measured"',
  },
  EDGE_DRIFT_PPM: { form: v.optional(amount(0, 100_000), 50), wanted: 'parts per million, 0 to 100000' },
  OBJECT_LAG_MS: { form: v.optional(amount(0, 86_400_000), 10), wanted: 'milliseconds, 0 to 86400000' },
  REFRESH_S: { form: v.optional(amount(1, 86_400), 30), wanted: 'seconds, 1 to 86400' },
  REGIONAL_COPIES: { form: v.optional(v.union([v.boolean(), flagAsText]), false), wanted: 'true or false' },
  PUBLIC_LOG: { form: v.optional(whole(1, 100_000), 1000), wanted: 'a whole number, 1 to 100000' },
} as const;

/** @throws Error that names each variable that is wrong and says what it should be, on one line. */
export const readSettings = (env: Readonly<Record<string, unknown>>): Settings => {
  const faults: string[] = [];
  const read = <Name extends keyof typeof VARIABLES>(name: Name) => {
    const { form, wanted } = VARIABLES[name];
    const parsed = v.safeParse(form, env[name]);
    if (!parsed.success) faults.push(`${name}: expected ${wanted}`);
    return parsed.output as v.InferOutput<(typeof VARIABLES)[Name]['form']>;
  };

  const gatewayKeys = read('GATEWAY_KEYS');
  const gateways = Object.keys(gatewayKeys ?? {}).length;
  const quorum = read('QUORUM') ?? majority(gateways);
  if (quorum > Math.max(1, gateways)) faults.push(`QUORUM: ${quorum} cannot agree, GATEWAY_KEYS names ${gateways}`);
  const spread = read('EDGE_SPREAD_MS');
  const settings: Settings = {
    gatewayKeys,
    rules: {
      quorum,
      mayBeWrong: Math.max(0, gateways - quorum),
      drift: read('EDGE_DRIFT_PPM') / 1e6,
      spread: spread === 'measured' ? undefined : milliseconds(spread),
      objectLag: milliseconds(read('OBJECT_LAG_MS')),
      maxSampleAge: seconds(read('MAX_SAMPLE_AGE_S')),
      maxClockError: seconds(read('MAX_CLOCK_ERROR_S')),
    },
    maxUncertainty: milliseconds(read('MAX_UNCERTAINTY_MS')),
    refreshMs: read('REFRESH_S') * 1000,
    regionalCopies: read('REGIONAL_COPIES'),
    publicLog: read('PUBLIC_LOG'),
  };
  if (faults.length > 0) throw new Error(`Settings: ${faults.join('; ')}`);
  return settings;
};
