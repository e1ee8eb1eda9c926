/**
 * Who may exchange keys, how often, and how many at once. No connection can keep another out: where there are too many, the
 * oldest makes room, which is one that dawdles.
 */
import type { Socket } from 'node:net';
import type { Endpoint } from '../config.ts';
import { borrow, openClientTable, touch } from '../protocol/client-table.ts';
import type { OpenCryptography } from '../protocol/cryptography.ts';
import { count, type KeyExchangeWord } from '../protocol/key-exchange-counters.ts';
import { isAllowed, isExempt, type Policy } from '../protocol/policy.ts';
import type { ClientAddress } from '../protocol/screening.ts';
import type { CookieKey } from '../protocol/server-keys.ts';
import type { Identity } from './certificate.ts';
import { openCookieMaker } from './cookie-maker.ts';
import { exchangeOn, secureContextOf } from './key-exchange-connection.ts';
import { describeSender } from './sender.ts';

/** What the thread that exchanges keys is given. Plain data. */
export type KeyExchangeData = Changing & {
  readonly listen: readonly Endpoint[];
  /** Of our NTP server. */
  readonly port: number;
  readonly counters: Float64Array<SharedArrayBuffer>;
  /** Of a client table, and its key. */
  readonly clients: SharedArrayBuffer;
  readonly clientsKey: Int32Array;
};

/** And again, later on. */
export type Changing = {
  readonly policy: Policy;
  readonly identity: Identity;
  /** The one that seals. */
  readonly cookieKey: CookieKey;
};

/** From the first octet to the last. An exchange takes three round trips; chronyd gives as long. */
const WITHIN_MS = 2_000;
const LOOK_MS = 250;
const MOST = 512;
/** Of an IPv4 address or an IPv6 /64: many hosts may stand behind one, and start together. */
const MOST_OF_CLIENT = 64;
/** In the long run one a second. */
const PACE_MS = 1_000;
const BURST = 128;

export type KeyExchanges = {
  readonly take: (socket: Socket) => void;
  readonly follow: (changed: Partial<Changing>) => void;
  /** Ends all that are open. */
  readonly close: () => void;
};

type Connection = { readonly who: string; readonly since: number; readonly end: (word: KeyExchangeWord) => void };

/** @param now - ms of a monotonic clock. */
export const openKeyExchanges = (
  { port, counters, clients, clientsKey, ...first }: KeyExchangeData,
  openCryptography: OpenCryptography,
  now: () => number,
): KeyExchanges => {
  const table = openClientTable(clients, clientsKey);
  const cookies = openCookieMaker(openCryptography, first.cookieKey);
  const answerer = { make: cookies.make, port };
  const client: ClientAddress = new Int32Array(6);
  const open = new Set<Connection>(); // the oldest first
  let { policy } = first;
  let secureContext = secureContextOf(first.identity);

  const end = (connection: Connection, word: KeyExchangeWord): void => {
    open.delete(connection);
    connection.end(word);
  };

  const isTooOften = (): boolean => {
    const record = touch(table, client, Math.trunc(now()) | 0, 0);
    return !borrow(table, record, PACE_MS, BURST * PACE_MS);
  };

  const makeRoomFor = (who: string, isLimited: boolean): void => {
    const theirs = isLimited ? [...open].filter((connection) => connection.who === who) : [];
    if (theirs.length >= MOST_OF_CLIENT) end(theirs[0]!, 'too-many');
    else if (open.size >= MOST) end([...open][0]!, 'too-many');
  };

  const refusalOf = ({ remoteAddress: address, remotePort: port }: Socket): KeyExchangeWord | undefined => {
    if (address === undefined || port === undefined) return 'gone';
    describeSender({ address, port }, client);
    if (!isAllowed(policy, client)) return 'denied';
    return isExempt(policy, client) || !isTooOften() ? undefined : 'rate-limited';
  };

  const take = (socket: Socket): void => {
    count(counters, 'accepted');
    const refusal = refusalOf(socket);
    if (refusal) {
      count(counters, refusal);
      return void socket.destroy();
    }
    const who = `${client[1]} ${client[0] === 4 ? '' : client[2]}`;
    makeRoomFor(who, !isExempt(policy, client));
    const became = (word: KeyExchangeWord): void => count(counters, word);
    const connection = { who, since: now(), end: exchangeOn(socket, secureContext, answerer, became) };
    open.add(connection);
    socket.once('close', () => open.delete(connection));
  };

  const timer = setInterval(() => {
    for (const connection of open) {
      if (now() - connection.since < WITHIN_MS) break;
      end(connection, 'timeout');
    }
  }, LOOK_MS);

  return {
    take,
    follow: (changed) => {
      policy = changed.policy ?? policy;
      if (changed.identity) secureContext = secureContextOf(changed.identity);
      if (changed.cookieKey) cookies.follow(changed.cookieKey);
    },
    close: () => {
      clearInterval(timer);
      for (const connection of open) end(connection, 'gone');
    },
  };
};
