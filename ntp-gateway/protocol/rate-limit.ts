/** How often one client is answered: a token bucket that leaks. */
import { borrow, type ClientTable, noteDrop } from './client-table.ts';
import { type Dice, roll } from './dice.ts';

export type RateLimit = {
  /** In the long run a client gets one answer in each of these. */
  readonly intervalMs: number;
  /** And so many at once, ≥ 1. */
  readonly burst: number;
};

export const ANSWER = 0;
/** RFC 5905 §7.4: no time, but the code RATE. */
export const KISS = 1;
export const DROP = 2;

/**
 * What becomes of the request for which `touch` gave `record`.
 *
 * Where the bucket is empty, one request in four is answered all the same, by dice: else whoever forges a client's address
 * could shut it out of its own server. Of the others one in four gets a kiss, so a flood sets off less than it is.
 */
export const admit = (clients: ClientTable, record: number, { intervalMs, burst }: RateLimit, dice: Dice): number => {
  if (borrow(clients, record, intervalMs, burst * intervalMs)) return ANSWER;
  const rolled = roll(dice);
  if ((rolled & 0b11) === 0) return ANSWER;
  noteDrop(clients, record);
  return (rolled & 0b1100) === 0 ? KISS : DROP;
};
