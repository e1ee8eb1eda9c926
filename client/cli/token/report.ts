/** What `noonmark token` says, as data and in words: times and verdicts, and nothing else of the token. */
import type { Reading } from '../../estimate.ts';
import { boundText } from '../../lengths.ts';
import { durationText, instantText, readingJson, readingText, skewJson, skewText, toMicros } from '../instant.ts';
import { paint } from '../terminal.ts';
import { type Judgement, judge, type Span, type Verdict } from './judge.ts';
import type { Token } from './read-token.ts';

/** One that is certainly wrong. */
export type WrongClock = {
  readonly clock: 'issuer' | 'this-host';
  readonly is: 'fast' | 'slow';
  readonly atLeastMs: number;
};

export type Report = {
  readonly token: Token;
  readonly now: Reading;
  readonly here: Span;
  readonly judgement: Judgement;
  readonly wrongClocks: readonly WrongClock[];
  /** In words, what clocks have to do with the verdicts. */
  readonly why: readonly string[];
};

/** @param now, here - as `judge` has them. */
export const reportOf = (token: Token, now: Reading, here: Span): Report => {
  const judgement = judge(token, now, here);
  return {
    token,
    now,
    here,
    judgement,
    wrongClocks: wrongClocks(judgement),
    why: [...whyAtAll(token, judgement, now), ...whyHere(judgement)],
  };
};

const wrongClocks = ({ skew, issuerAheadMs }: Judgement): WrongClock[] => {
  const wrong = (clock: WrongClock['clock'], is: WrongClock['is'], ms = 0): WrongClock[] =>
    ms > 0 ? [{ clock, is, atLeastMs: toMicros(ms, Math.floor) }] : [];
  return [
    ...wrong('issuer', 'fast', issuerAheadMs),
    ...wrong('this-host', 'slow', skew.earliest),
    ...wrong('this-host', 'fast', -skew.latest),
  ];
};

const whyAtAll = ({ issuedAt = 0 }: Token, { verdict, issuerAheadMs }: Judgement, now: Reading): string[] => {
  if (issuerAheadMs !== undefined)
    return [`The issuer’s clock was fast by at least ${boundText(issuerAheadMs, Math.floor)}.`];
  if (verdict === 'not-yet-valid')
    return [
      issuedAt > now.latest
        ? 'It was issued within a second from now: the issuer’s clock is fast, or it rounds up.'
        : 'It was made for later, or the issuer’s clock is fast: nothing in it tells which.',
    ];
  if (verdict === 'undecided')
    return [`True time is known within ${boundText(now.latest - now.earliest)}: not well enough.`];
  if (verdict === 'expiry-unknown')
    return ['It does not say when it expires: tell --lifetime how long its issuer lets a token live.'];
  return [];
};

const whyHere = ({ verdict, verdictHere, skew }: Judgement): string[] => {
  if (skew.earliest <= 0 && skew.latest >= 0) return [];
  const consequence = verdict === verdictHere ? 'that changes nothing' : `here it is ${WORDS[verdictHere]}`;
  return [`This host’s clock is ${skewText(skew)}: ${consequence}.`];
};

const WORDS: Readonly<Record<Verdict, string>> = {
  valid: 'valid',
  'not-yet-valid': 'not yet valid',
  expired: 'expired',
  undecided: 'too close to tell',
  'expiry-unknown': 'issued, and of unknown expiry',
};

const COLOURS = {
  valid: 'green',
  'not-yet-valid': 'red',
  expired: 'red',
  undecided: 'yellow',
  'expiry-unknown': 'yellow',
} as const;

/** Dates are RFC 3339; null where the token does not say, or not in the clear. */
export const reportJson = ({ token, now, here, judgement, wrongClocks, why }: Report) => ({
  token: token.kind,
  issued: dateOf(token.issuedAt),
  notBefore: dateOf(token.notBefore),
  expires: dateOf(token.expires),
  verdict: judgement.verdict,
  trueTime: readingJson(now),
  thisHost: { time: instantText(here.earliest), verdict: judgement.verdictHere, ...skewJson(judgement.skew) },
  wrongClocks,
  why,
});

/** Whole seconds, nearly always. */
const dateOf = (ms: number | 'hidden' | undefined): string | null =>
  typeof ms === 'number' ? new Date(ms).toISOString().replace('.000Z', 'Z') : null;

/** For people. */
export const reportText = ({ token, now, here, judgement, why }: Report): string => {
  const date = (name: string, ms: number | 'hidden' | undefined): string[] =>
    typeof ms === 'number' ? [`${name.padEnd(12)}${dateOf(ms)}, ${fromNow(ms - now.time)}`] : [];
  return [
    `${token.kind === 'JWT' ? 'A JWT' : 'A Fernet token'}; its signature was not checked.`,
    ...date('issued', token.issuedAt),
    ...date('not before', token.notBefore),
    ...date('expires', token.expires),
    `true time   ${readingText(now)}: ${paint(COLOURS[judgement.verdict], WORDS[judgement.verdict])}`,
    `this host   ${instantText(here.earliest)}: ${WORDS[judgement.verdictHere]}`,
    ...why,
  ].join('\n');
};

const fromNow = (ms: number): string => (ms < 0 ? `${durationText(-ms)} ago` : `in ${durationText(ms)}`);
