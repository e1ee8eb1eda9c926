/** Measures how far off the clock of this browser, or of this Node process, is. */
import { ok, type Result, refuse } from '#contract/result.ts';
import { milliseconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import { base64url } from '#contract/web-platform.ts';
import { type Skew, skewFrom, type TimeExchange } from './skew.ts';

export type SkewRefusal = 'unreachable' | 'no-time' | 'malformed' | 'wrong-nonce' | 'contradiction';

/** Browsers blur `performance.now()` by up to 1 ms (Firefox and Safari; Chromium less) to hinder attacks by timing. */
const BLUR_MS = 1;

/**
 * Asks a few times and intersects what the answers leave possible.
 *
 * @param url - of `/time`.
 * @param exchanges - after one more that opens the connection and does not count.
 */
export const measureSkew = async (url: string | URL, exchanges = 5): Promise<Result<Skew, SkewRefusal>> => {
  const rounds: Round[] = [];
  let refused: Result<never, SkewRefusal> = refuse('unreachable');
  await ask(url);
  for (let count = 0; count < exchanges; count++) {
    const round = await ask(url);
    if (round.ok) rounds.push(round.value);
    else refused = round;
  }
  if (rounds.length === 0) return refused;

  // Date.now() is what is judged, but it counts whole ms; performance.now() is finer, and counts from a zero of its own.
  // Each pair of readings says how far apart the two are: Date.now() was late by less than a step, the other blurred.
  const least = Math.max(...rounds.map(({ apartMs }) => apartMs)) - BLUR_MS;
  const most = Math.min(...rounds.map(({ apartMs }) => apartMs)) + 1 + BLUR_MS;
  if (least > most) return refuse('contradiction');
  const onDeviceClock = (ms: number): UnixNanos => fromMillis(ms + (least + most) / 2);
  return skewFrom(
    rounds.map(({ sentMs, receivedMs, answer }) => ({
      sent: onDeviceClock(sentMs),
      received: onDeviceClock(receivedMs),
      answer,
    })),
    milliseconds((most - least) / 2 + BLUR_MS),
  );
};

/** `sentMs`, `receivedMs` by performance.now(); `apartMs` from there to Date.now(). */
type Round = Pick<TimeExchange, 'answer'> & {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly apartMs: number;
};

const ask = async (url: string | URL): Promise<Result<Round, SkewRefusal>> => {
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const asked = new URL(url);
  asked.searchParams.set('nonce', nonce);
  const beforeMs = performance.now();
  let response: Response;
  let body: unknown;
  let afterMs: number;
  try {
    response = await fetch(asked, { cache: 'no-store', credentials: 'omit', headers: { Accept: 'application/json' } });
    afterMs = performance.now();
    body = await response.json();
  } catch {
    return refuse('unreachable');
  }
  if (!response.ok) return refuse('no-time');
  const answer = readAnswer(body);
  if (!answer) return refuse('malformed');
  if (answer.nonce !== nonce) return refuse('wrong-nonce'); // somebody repeats old answers: a cache, or worse

  // Where the browser says when it sent and received, that leaves its own waiting out.
  const timing = performance.getEntriesByName(asked.href).at(-1) as Partial<PerformanceResourceTiming> | undefined;
  const { requestStart = 0, responseStart = 0 } = timing ?? {};
  const isPlausible = beforeMs <= requestStart && requestStart <= responseStart && responseStart <= afterMs;
  const [sentMs, receivedMs] = isPlausible ? [requestStart, responseStart] : [beforeMs, afterMs];
  return ok({ sentMs, receivedMs, apartMs: Date.now() - performance.now(), answer });
};

const readAnswer = (body: unknown): (TimeExchange['answer'] & { nonce: unknown }) | undefined => {
  const { unixMs, earliestUnixMs, latestUnixMs, nonce } = { ...(body as Record<string, unknown> | null) };
  if (!isMillis(unixMs) || !isMillis(earliestUnixMs) || !isMillis(latestUnixMs)) return undefined;
  return { time: fromMillis(unixMs), earliest: fromMillis(earliestUnixMs), latest: fromMillis(latestUnixMs), nonce };
};

const isMillis = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 8.64e15;

/** To the µs, which is as fine as the answer is. */
const fromMillis = (ms: number): UnixNanos => unixNanos(BigInt(Math.round(ms * 1e3)) * 1_000n);
