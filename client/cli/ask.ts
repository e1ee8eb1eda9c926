/** An edge, as a command asks it: a clock over one connection, with a floor that is kept. */
import { ok, type Result, refuse } from '#contract/result.ts';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { BURST, type Clock, type World } from '../clock.ts';
import { open } from '../connect.ts';
import type { Reading, Skew } from '../estimate.ts';
import type { ExchangeRefusal } from '../exchange.ts';
import { floorOf } from './floor-file.ts';
import { hostClocks } from './host-clocks.ts';
import { openHttpGet, type Security } from './https-get.ts';

export type AskOptions = {
  readonly gatewayKey?: string;
  /** Of one exchange, in ms. */
  readonly timeout: number;
  /** Authorities in PEM, in place of Node's own. */
  readonly ca?: string;
  /** The one to connect to, of those that the URL's name has. */
  readonly address?: string;
  /** In place of the file. */
  readonly floor?: World['floor'];
};

export type Edge = {
  readonly origin: string;
  readonly clock: Clock;
  readonly security: () => Security;
  readonly close: () => void;
};

/** `jumped`: what was known was just forgotten, since this host slept or its clock was set. */
export type AskRefusal = ExchangeRefusal | 'contradiction' | 'jumped';

/** At once: the clock may know nothing yet, and asks until it is closed. */
export const openEdge = (url: URL, options: AskOptions): Edge => {
  const { gatewayKey, timeout, floor = floorOf(gatewayKey) } = options;
  const { get, security, close } = openHttpGet({ isPinned: gatewayKey !== undefined, ...options });
  const pinned = { floor, ...(gatewayKey !== undefined && { gatewayKey }) };
  const clock = open(url, { get, timeout, clocks: hostClocks, ...pinned });
  const end = (): void => {
    clock.close();
    close();
  };
  return { origin: url.origin, clock, security, close: end };
};

/** Its best round trip in ms, of how many exchanges. */
export type Asked = Edge & { readonly roundTrip: number; readonly exchanges: number };

/**
 * Resolves after a few exchanges in a row, some 300 ms and as many round trips. The clock goes on asking until it is closed.
 *
 * @returns the refusal of the first, or `contradiction` of any two; then all is closed.
 */
export const askEdge = async (url: URL, options: AskOptions): Promise<Result<Asked, AskRefusal>> => {
  const edge = openEdge(url, options);
  const asked = await new Promise<Result<Omit<Asked, keyof Edge>, AskRefusal>>((resolve) => {
    let [roundTrip, exchanges] = [Number.POSITIVE_INFINITY, 0];
    const forget = edge.clock.onChange((change) => {
      if (change.kind === 'jumped') [roundTrip, exchanges] = [Number.POSITIVE_INFINITY, 0];
      if (change.kind === 'exchanged') {
        const { sent, received } = change.exchanged;
        roundTrip = Math.min(roundTrip, received - sent);
        exchanges++;
      }
      const isOver = change.kind === 'refused' && (exchanges === 0 || change.reason === 'contradiction');
      const isEnough = exchanges === BURST || (change.kind === 'refused' && exchanges > 0);
      if (isOver || isEnough) forget();
      if (isOver) resolve(refuse(change.reason, change.detail));
      else if (isEnough) resolve(ok({ roundTrip, exchanges }));
    });
  });
  if (asked.ok) return ok({ ...edge, ...asked.value });
  edge.close();
  return asked;
};

export type Known = {
  readonly reading: Reading;
  readonly skew: Skew;
  readonly isSynchronized: boolean;
  readonly verified: TimeAnswer | undefined;
};

/** What an edge's clock knows now. */
export const readEdge = ({ clock }: Edge): Result<Known, 'jumped'> => {
  const reading = clock.now(); // first: where the clocks jump hereafter there is no skew
  const { skew, isSynchronized, verified } = clock;
  return skew ? ok({ reading, skew, isSynchronized, verified }) : refuse('jumped');
};
