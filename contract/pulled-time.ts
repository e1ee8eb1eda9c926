/**
 * What a gateway answers to an edge that asks it: true time as it answered, bound to the nonce of that one question.
 * Whoever asks notes its own clock before and after, and needs neither another clock nor anybody's promise about clocks.
 */
import * as v from 'valibot';
import {
  count,
  decodeText,
  encodeText,
  endsAtSigner,
  interval,
  isInside,
  leap,
  lineage,
  name,
  nonce,
} from './fields.ts';
import { type GatewayKeys, type OpenRefusal, openByGateway } from './gateway-keys.ts';
import { type SigningKey, signJws, type Verified } from './jws.ts';
import { type Result, refuse } from './result.ts';

/** No statement is longer, in characters; look before parsing. */
export const MAX_PULLED_LENGTH = 8_192;

/** Where a gateway is asked, below its `pullUrl`. */
export const PULL_PATH = '/pulled-time';

const TYPE = 'pulled-time+jws';

/** An origin; without TLS where all runs on one machine, and nowhere else. */
export const pullUrl = v.pipe(
  v.string(),
  v.maxLength(255),
  v.regex(/^(https:\/\/([\w.-]+|\[[\da-f:.]+\])|http:\/\/(localhost|127\.0\.0\.1|\[::1\]))(:\d{1,5})?$/),
);

const schema = v.pipe(
  v.object({
    version: v.literal(1),
    gateway: name,
    /** The origin of the edge that asked. */
    aud: name,
    /** As it came with the question: what is said is of after that was drawn. */
    nonce,
    /** As in the gateway's samples: a later one takes this word back. */
    epoch: count,
    /** What no source vouches for is not signed. */
    synchronized: v.literal(true),
    /** True time at an instant between the arrival of the question and the departure of this. */
    ...interval,
    leap,
    /** As it is now: that of the newest sample may be older. */
    lineage,
  }),
  v.forward(
    v.check((s) => isInside(s)),
    ['estimateUnixNs'],
  ),
  v.forward(
    v.check((s) => endsAtSigner(s)),
    ['lineage'],
  ),
);

export type PulledTime = Readonly<v.InferOutput<typeof schema>>;

export const isPullUrl = (text: string): boolean => v.is(pullUrl, text);

/** What is known of the statement before it comes. */
export type Question = {
  /** Who was asked. */
  readonly gateway: string;
  /** Of the edge that asks. */
  readonly origin: string;
  /** 16 to 64 characters of base64url, drawn for this question. */
  readonly nonce: string;
};

export type PullRefusal = OpenRefusal | 'wrong-audience' | 'wrong-nonce' | 'loop';

/** @param url - as `pullUrl` has it. */
export const questionUrl = (url: string, { origin, nonce }: Omit<Question, 'gateway'>): string =>
  `${url}${PULL_PATH}?aud=${encodeURIComponent(origin)}&nonce=${nonce}`;

export const signPulledTime = (pulled: PulledTime, key: SigningKey): Promise<string> =>
  signJws(TYPE, encodeText(pulled), key);

/**
 * @param keys - that are trusted. Another gateway's word counts for nothing (`unknown-key`): it would have two votes.
 * @returns by the first word that fits: `malformed` · `unknown-key` · `bad-signature` · `wrong-audience` · `wrong-nonce` ·
 *   `loop`: the time came through the edge that asks.
 */
export const openPulledTime = async (
  jws: string,
  keys: GatewayKeys,
  { gateway, origin, nonce }: Question,
): Promise<Result<Verified<PulledTime>, PullRefusal>> => {
  if (jws.length > MAX_PULLED_LENGTH) return refuse('malformed', 'too long');
  const opened = await openByGateway(TYPE, jws, keys, (text) => decodeText(schema, text));
  if (!opened.ok) return opened;
  if (opened.value.gateway !== gateway) return refuse('unknown-key', 'another gateway was asked');
  if (opened.value.aud !== origin) return refuse('wrong-audience');
  if (opened.value.nonce !== nonce) return refuse('wrong-nonce');
  if (opened.value.lineage.includes(origin)) return refuse('loop');
  return opened;
};
