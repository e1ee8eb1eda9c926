/** What `noonmark token` says, as data and in words: times and verdicts, and nothing else of the token. */
import { milliseconds } from '#contract/time.ts';
import { formatDuration } from '#contract/units.ts';
import { type Judgement, judge, type Span, type Verdict } from './judge.ts';
import type { Token } from './read-token.ts';

/** True time, Unix ms. */
export type Now = Span & { readonly time: number };

/** One that is certainly wrong. */
export type WrongClock = {
  readonly clock: 'issuer' | 'this-host';
  readonly is: 'fast' | 'slow';
  readonly atLeastMs: number;
};

/** Dates are RFC 3339; null where the token does not say, or not in the clear. */
export type Report = {
  readonly token: Token['kind'];
  readonly issued: string | null;
  readonly notBefore: string | null;
  readonly expires: string | null;
  readonly verdict: Verdict;
  readonly trueTime: { readonly earliest: string; readonly time: string; readonly latest: string };
  readonly thisHost: {
    readonly time: string;
    readonly verdict: Verdict;
    /** True time minus its clock, positive: it is slow. */
    readonly offsetMs: Span;
  };
  readonly wrongClocks: readonly WrongClock[];
  /** In words, what clocks have to do with the verdicts. */
  readonly why: readonly string[];
};

/** @param here - this host's clock, as `judge` has it. */
export const reportOf = (token: Token, now: Now, here: Span): Report => {
  const judgement = judge(token, now, here);
  return {
    token: token.kind,
    issued: dateOf(token.issuedAt),
    notBefore: dateOf(token.notBefore),
    expires: dateOf(token.expires),
    verdict: judgement.verdict,
    trueTime: { earliest: iso(now.earliest), time: iso(now.time), latest: iso(Math.ceil(now.latest)) },
    thisHost: { time: iso(here.earliest), verdict: judgement.verdictHere, offsetMs: judgement.offset },
    wrongClocks: wrongClocks(judgement),
    why: [...whyAtAll(token, judgement, now), ...whyHere(judgement)],
  };
};

/** What is less than a ms falls off, towards the past. */
const iso = (ms: number): string => new Date(ms).toISOString();
const dateOf = (ms: number | 'hidden' | undefined): string | null => (typeof ms === 'number' ? iso(ms) : null);

const wrongClocks = ({ offset, issuerAheadMs }: Judgement): WrongClock[] => [
  ...(issuerAheadMs === undefined ? [] : [{ clock: 'issuer', is: 'fast', atLeastMs: issuerAheadMs } as const]),
  ...(offset.earliest > 0 ? [{ clock: 'this-host', is: 'slow', atLeastMs: offset.earliest } as const] : []),
  ...(offset.latest < 0 ? [{ clock: 'this-host', is: 'fast', atLeastMs: -offset.latest } as const] : []),
];

const whyAtAll = ({ issuedAt = 0 }: Token, { verdict, issuerAheadMs }: Judgement, now: Now): string[] => {
  if (issuerAheadMs !== undefined) return [`The issuer’s clock was fast by at least ${length(issuerAheadMs)}.`];
  if (verdict === 'not-yet-valid')
    return [
      issuedAt > now.latest
        ? 'It was issued within a second from now: the issuer’s clock is fast, or it rounds up.'
        : 'It was made for later, or the issuer’s clock is fast: nothing in it tells which.',
    ];
  if (verdict === 'undecided')
    return [`True time is known within ${length(now.latest - now.earliest)}: not well enough.`];
  if (verdict === 'expiry-unknown')
    return ['It does not say when it expires: tell --lifetime how long its issuer lets a token live.'];
  return [];
};

const whyHere = ({ verdict, verdictHere, offset }: Judgement): string[] => {
  if (offset.earliest <= 0 && offset.latest >= 0) return [];
  const consequence = verdict === verdictHere ? 'that changes nothing' : `here it is ${WORDS[verdictHere]}`;
  return [`This host’s clock is ${sideOf(offset)} by ${middle(offset)}: ${consequence}.`];
};

const WORDS: Readonly<Record<Verdict, string>> = {
  valid: 'valid',
  'not-yet-valid': 'not yet valid',
  expired: 'expired',
  undecided: 'too close to tell',
  'expiry-unknown': 'issued, and of unknown expiry',
};

const length = (ms: number): string => formatDuration(milliseconds(ms));
const sideOf = ({ earliest, latest }: Span): string => (earliest + latest > 0 ? 'slow' : 'fast');
const middle = ({ earliest, latest }: Span): string =>
  `${length(Math.abs(earliest + latest) / 2)} ± ${length((latest - earliest) / 2)}`;

/** For people. */
export const reportText = ({ token, issued, notBefore, expires, verdict, trueTime, thisHost, why }: Report): string => {
  const now = Date.parse(trueTime.time);
  const uncertaintyMs = Math.max(now - Date.parse(trueTime.earliest), Date.parse(trueTime.latest) - now);
  const date = (name: string, text: string | null): string[] =>
    text === null ? [] : [`${name.padEnd(12)}${text}, ${fromNow(Date.parse(text) - now)}`];
  return [
    `${token === 'JWT' ? 'A JWT' : 'A Fernet token'}; its signature was not checked.`,
    ...date('issued', issued),
    ...date('not before', notBefore),
    ...date('expires', expires),
    `true time   ${trueTime.time} ± ${length(uncertaintyMs)}: ${WORDS[verdict]}`,
    `this host   ${thisHost.time}: ${WORDS[thisHost.verdict]}`,
    ...why,
  ].join('\n');
};

const fromNow = (ms: number): string => (ms < 0 ? `${length(-ms)} ago` : `in ${length(ms)}`);
