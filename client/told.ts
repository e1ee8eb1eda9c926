/** What an answer told, or why it is not believed. Every octet of it may be anybody's. */
import type { GatewayKeys } from '#contract/gateway-keys.ts';
import type { LeapNotice } from '#contract/leap.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { AnswerRefusal } from '#contract/signed-answer.ts';
import { unixMillis } from '#contract/time.ts';
import type { TimeAnswer } from '#contract/time-answer.ts';
import type { Reading } from './estimate.ts';
import type { HttpAnswer } from './http-get.ts';
import { loadVerify } from './load-verify.ts';

export type Told = Reading & {
  readonly isSynchronized: boolean;
  /** What the end of this June or December brings. */
  readonly leap: LeapNotice;
  /** The whole of it, where a pinned gateway vouches for it. */
  readonly verified?: TimeAnswer;
};

/** What the caller knows before the answer comes. */
export type Asked = {
  readonly nonce: string;
  readonly origin: string;
  /** Pinned: then the answer has to be signed on their word. */
  readonly keys?: GatewayKeys;
  /** Unix ms that have certainly passed: an earlier time is refused. */
  readonly floor: number;
};

/**
 * `revoked`: the pinned key, or one that followed it, was given up · `not-an-edge`: something else answered, such as a portal that wants a login · `redirected` · `cached`: an answer to
 * somebody else's question · `no-time`, `too-many-requests`: the edge's own words.
 */
export type ToldRefusal =
  | AnswerRefusal
  | 'revoked'
  | 'not-an-edge'
  | 'redirected'
  | 'cached'
  | 'no-time'
  | 'too-many-requests';

const PROBLEMS: Readonly<Record<number, 'no-time' | 'too-many-requests'>> = {
  503: 'no-time',
  429: 'too-many-requests',
};

/** Of `GET /time`: JSON, or a JWS where keys are pinned. */
export const readAnswer = async (
  { status, header, body }: Pick<HttpAnswer, 'status' | 'header' | 'body'>,
  { nonce, origin, keys, floor }: Asked,
): Promise<Result<Told, ToldRefusal>> => {
  if (status === 0 || (300 <= status && status < 400)) return refuse('redirected', hostOf(header('Location')));
  const age = Number(header('Age') ?? 0);
  if (age > 0) return refuse('cached', `for ${age} s`);
  const type = header('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  const problem = type === 'application/problem+json' && PROBLEMS[status];
  if (problem) return refuse(problem);
  if (status !== 200 || type !== (keys ? 'application/jose' : 'application/json'))
    return refuse('not-an-edge', `HTTP ${status}${type === 'text/html' ? ' and a page' : ''}`);
  if (!keys) return readTold(body, 'nonce', nonce, floor);

  const { openAnswer } = await loadVerify();
  const opened = await openAnswer(body, keys, { nonce, origin, floor: unixMillis(Math.floor(floor)) });
  if (!opened.ok) return opened;
  const { earliestUnixMs: earliest, unixMs: time, latestUnixMs: latest, leap } = opened.value;
  return ok({ earliest, time, latest, leap, isSynchronized: true, verified: opened.value });
};

/** JSON that nobody signed. @param echo - the member that brings the question back. */
export const readTold = (
  text: string,
  echo: 'nonce' | 't1',
  nonce: string,
  floor: number,
): Result<Told, ToldRefusal> => {
  const {
    earliestUnixMs: earliest,
    unixMs: time,
    latestUnixMs: latest,
    synchronized,
    leap,
    [echo]: echoed,
  } = parse(text);
  const isTold = isTime(earliest) && isTime(time) && isTime(latest) && earliest <= time && time <= latest;
  if (!isTold || typeof synchronized !== 'boolean' || !isNotice(leap)) return refuse('malformed');
  if (echoed !== nonce) return refuse('wrong-nonce');
  return latest < floor ? refuse('went-back') : ok({ earliest, time, latest, leap, isSynchronized: synchronized });
};

const parse = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
};

/** The year 9999: what a clock makes of it a while later is a date of RFC 3339 still. */
const NO_MORE_DATES = Date.UTC(9999);
const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < NO_MORE_DATES;

const isNotice = (value: unknown): value is LeapNotice => value === 'none' || value === 'insert' || value === 'delete';

/** A stranger's text: of it no more than a host may be called. */
const hostOf = (location: string | null): string | undefined =>
  /^https?:\/\/[\w.:[\]-]{1,100}/.exec(location ?? '')?.[0];
