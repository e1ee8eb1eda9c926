/**
 * What an association with NTS knows of its keys: how many cookies are left, when more may be asked for, how it went. The
 * keys themselves never come here: what happens in the core is recorded, and recordings are handed on.
 */
import type { Exchange } from '#contract/exchange.ts';
import type { Result } from '#contract/result.ts';
import { after, type MonoNanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { AeadAlgorithm } from '../wire/nts.ts';
import type { KeyExchangeRefusal } from './authentication.ts';

/** What a key exchange agreed, less its secrets. */
export type KeysAgreed = {
  readonly algorithm: AeadAlgorithm;
  /** How many are held, 1 to 8. */
  readonly cookies: number;
  /** The NTP server that takes them; by `referenceId` clients of it name it, RFC 5905 §7.3. */
  readonly server: { readonly address: string; readonly port: number; readonly referenceId: number };
  /** Of all the certificates by which it was believed: a server that tells a time outside of it is not who it says. */
  readonly validity: { readonly earliest: UnixNanos; readonly latest: UnixNanos };
  /** An earlier run has exchanged them. */
  readonly isRemembered: boolean;
};

export type Keys = {
  /** None: there is nothing to ask with. */
  readonly cookies: number;
  readonly isExchanging: boolean;
  /** Exchanges since the last authentic reply, as far as they make the next one wait longer. */
  readonly fruitless: number;
  /** No exchange before it. */
  readonly exchangeFrom?: MonoNanos;
  /** Since the last authentic reply, somebody said that the server cannot open our cookies. */
  readonly isDoubted: boolean;
  /** Others are wanted. Until they are there, these are asked with. */
  readonly isStale: boolean;
  readonly agreed?: KeysAgreed;
  /** When the last exchange ended, and what was wrong with it, if anything. */
  readonly exchangedAt?: MonoNanos;
  readonly fault?: { readonly reason: KeyExchangeRefusal; readonly detail?: string };
};

export type KeyOutcome = Result<KeysAgreed, KeyExchangeRefusal>;

/** An exchange costs its server a hundred times what a reply does: from 16 s on twice as long each time, to nine hours. */
const FIRST_WAIT = seconds(16);
const MOST_DOUBLINGS = 11;
/** Where no connection came about it costs nothing: at most as long as between polls, or a night's outage would last into the day. */
const MOST_DOUBLINGS_UNREACHABLE = 6;

export const NO_KEYS_YET: Keys = { cookies: 0, isExchanging: false, fruitless: 0, isDoubted: false, isStale: false };

/** At a time to ask: for new keys, and not with what there is. */
export const wantsExchange = (keys: Keys, now: MonoNanos): boolean =>
  keys.cookies === 0 || (keys.isStale && now >= (keys.exchangeFrom ?? now));

export const beginExchange = (keys: Keys): Keys => ({ ...keys, isExchanging: true });

/** @param jitter - uniform in [0, 1): clients that a server lost together come back one by one. */
export const endExchange = (keys: Keys, outcome: KeyOutcome, now: MonoNanos, jitter: number): Keys => {
  const { fault: _, ...others } = keys;
  const isUnreachable = !outcome.ok && outcome.reason === 'unreachable';
  const most = isUnreachable ? MOST_DOUBLINGS_UNREACHABLE : MOST_DOUBLINGS;
  const wait = nanos(FIRST_WAIT * 2 ** Math.min(keys.fruitless, most) * (1 + jitter / 2));
  const fruitless = Math.max(keys.fruitless, Math.min(keys.fruitless + 1, most));
  // What an earlier run left has cost nobody anything, and may be stale.
  const isFree = outcome.ok && outcome.value.isRemembered;
  const ended = {
    ...others,
    isExchanging: false,
    exchangedAt: now,
    ...(!isFree && { fruitless, exchangeFrom: after(now, wait) }),
  };
  if (outcome.ok) {
    return { ...ended, isDoubted: false, isStale: false, cookies: outcome.value.cookies, agreed: outcome.value };
  }
  const { reason, detail } = outcome;
  return { ...ended, fault: { reason, ...(detail !== undefined && { detail }) } };
};

/** Each cookie goes out once, or who sees two requests could tell that one client sent them: RFC 8915 §10.1. */
export const spendCookie = (keys: Keys): Keys => ({ ...keys, cookies: keys.cookies - 1 });

/** @param cookies - how many are held after an authentic reply. */
export const holdCookies = (keys: Keys, cookies: number): Keys => ({ ...keys, cookies });

/**
 * After an authentic reply that told the time: the keys are good. If they are of the last exchange, that one has borne fruit, so that
 * the next need not wait for it: a server that has lost its keys since then costs a poll. Who drops its replies and speaks in its
 * name buys one exchange for each that he lets through, and others under back-off. After one that failed, RFC 8915 §4.2 has us wait
 * as long as before.
 */
export const confirm = (keys: Keys): Keys => {
  const good = { ...keys, isDoubted: false, isStale: false };
  if (good.fault) return good;
  const { exchangeFrom: _, ...free } = good;
  return { ...free, fruitless: 0 };
};

/** NTSN is not authentic: it counts only if no authentic reply comes before the timeout, RFC 8915 §5.7. */
export const doubt = (keys: Keys): Keys => ({ ...keys, isDoubted: true });

/** The same: what there is stays in use until an exchange has succeeded, or who forges NTSN and ends our exchanges had silenced us. */
export const keysAfterLoss = (keys: Keys): Keys => (keys.isDoubted ? outdate(keys) : keys);

/** The server has another certificate by now, if it is well. */
export const outdate = (keys: Keys): Keys => ({ ...keys, isStale: true });

/**
 * Whoever holds a stolen certificate that has run out can still tell only the times at which it held: the certificate may
 * have been judged by a clock that was wrong.
 */
export const isCertified = ({ agreed }: Keys, { t2, t3 }: Exchange<MonoNanos>): boolean =>
  agreed === undefined || (agreed.validity.earliest <= t2 && t3 <= agreed.validity.latest);
