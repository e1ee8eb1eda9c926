/**
 * `node key-exchange.ts PORT SECONDS COUNT`: exchanges keys with an NTS server on 127.0.0.1, several at once, each as a client
 * of its own, until the time is over or so many are done (whichever is not 0), and prints a `KeyExchangeLoad` as JSON.
 */
import { AES_SIV_CMAC_256, NEW_COOKIE } from '../../../ntp-gateway/wire/nts.ts';
import type { NtsRecord } from '../../../ntp-gateway/wire/nts-record.ts';
import { askForKeys } from './ask-for-keys.ts';

export type KeyExchangeLoad = {
  readonly perSecond: number;
  readonly answered: number;
  /** The share of the time in which this program used its core. */
  readonly busy: number;
};

const AT_ONCE = 16;
const COOKIES = 8;

const [port, seconds, count] = process.argv.slice(2).map(Number) as [number, number, number];

/** 127.1.0.0 and those behind it. */
const addressOf = (client: number): string => `127.${1 + (client >> 16)}.${(client >> 8) & 0xff}.${client & 0xff}`;

const check = (records: readonly NtsRecord[]): void => {
  const cookies = records.filter(({ type }) => type === NEW_COOKIE).length;
  if (cookies !== COOKIES) throw new Error(`an answer with ${cookies} cookies`);
};

const used = process.cpuUsage();
const start = performance.now();
let [begun, answered] = [0, 0];
const isOver = (): boolean =>
  (seconds > 0 && performance.now() - start >= 1_000 * seconds) || (count > 0 && begun >= count);
const askAgainAndAgain = async (): Promise<void> => {
  while (!isOver()) {
    await askForKeys(port, AES_SIV_CMAC_256, addressOf(begun++), check);
    answered++;
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, askAgainAndAgain));

const { user, system } = process.cpuUsage(used);
const took = (performance.now() - start) / 1_000;
const load: KeyExchangeLoad = { perSecond: answered / took, answered, busy: (user + system) / 1e6 / took };
console.log(JSON.stringify(load));
