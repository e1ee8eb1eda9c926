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

/** The best round trip in ms, of how many exchanges. */
type Exchanges = { readonly roundTrip: number; readonly exchanges: number };
export type Asked = Edge & Exchanges;

/** So often may the clocks jump meanwhile: on a host that somebody keeps setting there would be no end. */
const MOST_JUMPS = 3;

/**
 * Resolves after a few exchanges in a row, some 300 ms and as many round trips. The clock goes on asking until it is closed.
 *
 * @returns the refusal of the first, or `contradiction` of any two; then all is closed.
 */
export const askEdge = async (url: URL, options: AskOptions): Promise<Result<Asked, AskRefusal>> => {
  const edge = openEdge(url, options);
  const asked = await untilAsked(edge.clock);
  if (asked.ok) return ok({ ...edge, ...asked.value });
  edge.close();
  return asked;
};

export const untilAsked = ({ onChange }: Pick<Clock, 'onChange'>): Promise<Result<Exchanges, AskRefusal>> =>
  new Promise((resolve) => {
    let roundTrips: number[] = [];
    let jumps = 0;
    const end = (result: Result<Exchanges, AskRefusal>): void => {
      forget();
      resolve(result);
    };
    const enough = (): void => end(ok({ roundTrip: Math.min(...roundTrips), exchanges: roundTrips.length }));
    const forget = onChange((change) => {
      if (change.kind === 'exchanged') {
        roundTrips.push(change.exchanged.received - change.exchanged.sent);
        if (roundTrips.length === BURST) enough();
      } else if (change.kind === 'jumped') {
        roundTrips = [];
        if (++jumps === MOST_JUMPS) end(refuse('jumped'));
      } else if (roundTrips.length > 0 && change.reason !== 'contradiction') enough();
      else end(refuse(change.reason, change.detail));
    });
  });

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
