/** From a pinned gateway to an answer: the links in order, each held against what came. */
import type { TimeAnswer } from '#contract/time-answer.ts';
import { type Exchanged, overHttp } from '../exchange.ts';
import { fetchGatewayKey } from '../gateway-key.ts';
import type { HttpGet } from '../http-get.ts';
import type { ToldRefusal } from '../told.ts';
import type { Security } from './https-get.ts';
import { durationText, instantText } from './instant.ts';
import { type Refused, refusalText } from './refusals.ts';

/** As a caller goes through them: `openAnswer` refuses by the word of the first that does not hold. */
export const LINKS = [
  'connection',
  'key',
  'answer',
  'delegation',
  'signature',
  'origin',
  'nonce',
  'validity',
  'floor',
  'sources',
] as const;
export type LinkName = (typeof LINKS)[number];

/** `holds` is undefined for what was not come to. */
export type Link = { readonly link: LinkName; readonly holds?: boolean; readonly text: string };

/** By the refusals of a signed answer; whatever else comes in its place breaks the link `answer`. */
const BROKEN: Readonly<Partial<Record<ToldRefusal, LinkName>>> = {
  'unknown-key': 'delegation',
  'bad-signature': 'signature',
  'wrong-audience': 'origin',
  'wrong-nonce': 'nonce',
  'outside-delegation': 'validity',
  'went-back': 'floor',
};
const NOT_CONNECTED = [
  'offline',
  'unreachable',
  'certificate-untrusted',
  'certificate-name',
  'certificate-time',
  'timeout',
  'too-long',
];

/** Where it broke, and why; or what came. */
export type Walked = {
  /** Ids of the keys that have followed the pinned one. */
  readonly followed: readonly string[];
} & (
  | { readonly ok: true; readonly exchanged: Exchanged; readonly answer: TimeAnswer }
  | { readonly ok: false; readonly at: LinkName; readonly refused: Refused }
);

export type Asking = {
  readonly get: HttpGet;
  readonly url: URL;
  readonly gatewayKey: string;
  readonly floor: number;
  readonly patience: () => AbortSignal;
};

export const walk = async ({ get, url, gatewayKey, floor, patience }: Asking): Promise<Walked> => {
  const keys = await fetchGatewayKey(get, url, gatewayKey, patience());
  const followed = keys.ok ? [...keys.value.keys()].slice(1) : [];
  const broken = (at: LinkName, refused: Refused): Walked => ({ followed, ok: false, at, refused });
  if (!keys.ok) return broken(NOT_CONNECTED.includes(keys.reason) ? 'connection' : 'key', keys);
  const exchanged = await overHttp(get, url)({ keys: keys.value, floor }, patience());
  if (!exchanged.ok) return broken((BROKEN as Record<string, LinkName>)[exchanged.reason] ?? 'answer', exchanged);
  return { followed, ok: true, exchanged: exchanged.value, answer: exchanged.value.told.verified! };
};

/** All of them, in order: those that hold, the one that does not, and those beyond it. */
export const linksOf = (walked: Walked, { url, gatewayKey, floor }: Asking, security: Security): readonly Link[] => {
  const texts: Readonly<Record<LinkName, string>> = {
    connection: SECURED[security],
    key: `the edge knows the gateway with key ${[gatewayKey, ...walked.followed].join(', which has signed for ')}`,
    answer: 'it is a time answer, and signed',
    delegation: 'that gateway vouches for a key of the edge',
    signature: 'by that key, and it fits',
    origin: `the key is vouched for at ${url.origin}`,
    nonce: 'the answer is to this very question',
    validity: 'the key is vouched for at the time that it tells',
    floor: `not before ${instantText(floor)}, which has certainly passed`,
    sources: walked.ok ? sourcesText(walked.answer) : '',
  };
  const broken = walked.ok ? LINKS.length : LINKS.indexOf(walked.at);
  return LINKS.map((link, place) => {
    if (place < broken) return { link, holds: true, text: texts[link] };
    if (walked.ok || place > broken) return { link, text: 'not looked at' };
    return { link, holds: false, text: refusalText(walked.refused) };
  });
};

const sourcesText = ({ stratum, sampleAgeMs }: TimeAnswer): string =>
  `stratum ${stratum}; the edge last heard from a gateway ${durationText(sampleAgeMs)} ago`;

const SECURED: Readonly<Record<Security, string>> = {
  none: 'plain HTTP: the signatures alone count',
  tls: 'TLS, by a certificate that is believed',
  'out-of-date': 'TLS, by a certificate that is out of date by this host’s clock and has no other fault',
};
