/** One question of the time and its answer: over HTTP here, by WebSocket in websocket-exchange.ts. */
import { ok, type Result } from '#contract/result.ts';
import type { Round } from './estimate.ts';
import type { HttpGet, NoAnswer } from './http-get.ts';
import { type Asked, readAnswer, type Told, type ToldRefusal } from './told.ts';

export type ExchangeRefusal = ToldRefusal | NoAnswer;

export type Exchanged = Round & {
  readonly told: Told;
  /** It cost the edge no request of its own. */
  readonly isLight?: boolean;
};

export type Exchange = (
  asked: Pick<Asked, 'keys' | 'floor'>,
  signal: AbortSignal,
) => Promise<Result<Exchanged, ExchangeRefusal>>;

/** @param edge - its origin, or any URL of it. */
export const overHttp =
  (get: HttpGet, edge: string | URL): Exchange =>
  async (asked, signal) => {
    const nonce = newNonce();
    const url = new URL('/time', edge);
    url.search = `nonce=${nonce}${asked.keys ? '&format=jws' : ''}`;
    const got = await get(url, signal);
    if (!got.ok) return got;
    const told = await readAnswer(got.value, { ...asked, nonce, origin: url.origin });
    if (!told.ok) return told;
    const { sent, received, answered = received } = got.value;
    // Who ends TLS may break off, be asked once more, and answer as he was told the first time: a signature would not show it.
    const certainlySent = asked.keys ? got.value.asked : sent;
    return ok({ sent: certainlySent, received, likely: { sent, received: answered }, told: told.value });
  };

/** 96 bits, in letters that an edge takes in a query and over a WebSocket. */
export const newNonce = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (octet) => octet.toString(16).padStart(2, '0')).join('');
