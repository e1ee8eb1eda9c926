/** What a chronyd that follows our server says of it: unlike `chronyd -Q`, it goes on asking. */
import { join } from 'node:path';
import { runChild, type startChild } from './child.ts';
import { type Chronyd, type ChronydOptions, startChronyd } from './chronyd.ts';
import { findChronyc, required } from './peers.ts';
import { makeTempDir } from './temp-dir.ts';

/** @param socket - its `bindcmdaddress`. */
export const askChronyd = async (socket: string, what: string): Promise<string> =>
  (await runChild(required(findChronyc()), ['-h', socket, '-n', what])).stdout;

export type FollowerOptions = { readonly port?: number } & Pick<ChronydOptions, 'config' | 'newer'>;

export type Follower = Chronyd & {
  /** Undefined until it answers. */
  report(): Promise<FollowerReport | undefined>;
};

/** `offset` in seconds, positive where chronyd's host is behind the time that it has; `stratum` is chronyd's own. */
export type FollowerReport = {
  readonly isSelected: boolean;
  readonly offset: number;
  /** By so much it says itself that it may be off: its root distance in seconds, RFC 5905 §11.2. */
  readonly bound: number;
  readonly stratum: number;
  readonly leap: string;
  readonly isInterleaved: boolean;
  readonly authentication: Authentication;
};

/** Of the source, as `chronyc authdata` has it. */
export type Authentication = {
  readonly mode: 'NTS' | 'SK' | '-';
  /** With NTS: how many key exchanges there have been. */
  readonly keyId: number;
  /** With NTS: the AEAD's number, RFC 5116 §6; with a symmetric key: chrony's own number of its type. */
  readonly type: number;
  readonly keyBits: number;
  /** Key exchanges that were tried since one succeeded. */
  readonly attempts: number;
  /** An NTSN came, and nothing authentic since. */
  readonly isNak: boolean;
  readonly cookies: number;
  readonly cookieSize: number;
};

/**
 * @param directive - options of chrony.conf's `server`, such as `xleave`.
 * @param options - `port` is the server's; `config` more lines of chrony.conf.
 */
export const startFollower = async (
  start: typeof startChild,
  address = '127.0.0.1',
  directive = '',
  { port = 123, config = [], newer = false }: FollowerOptions = {},
): Promise<Follower> => {
  const socket = join(makeTempDir(), 'sock');
  const chronyd = await startChronyd({
    port: 0, // did it serve too, it would shun who follows 127.0.0.1 as if that were itself
    servers: [`${address} port ${port} iburst minpoll -4 maxpoll -4 ${directive}`],
    config: [`bindcmdaddress ${socket}`, ...config],
    newer,
    start,
  });
  const ask = (what: string): Promise<string> => askChronyd(socket, what);
  const report = async (): Promise<FollowerReport | undefined> => {
    // One by one: what is tracked must not be older than the choice of the source.
    const text = `${await ask('sources')}\n${await ask('tracking')}\n${await ask('ntpdata')}\n${await ask('authdata')}`;
    const read = (pattern: RegExp) => pattern.exec(text)?.[1];
    const [, seconds, slowOrFast] = /^System time +: ([\d.]+) seconds (slow|fast) of NTP time$/m.exec(text) ?? [];
    if (seconds === undefined) return;
    const root = (what: string) => Number(read(new RegExp(`^Root ${what} +: ([\\d.]+) seconds$`, 'm')));
    return {
      isSelected: read(/^\^\* (\S+)/m) === address,
      offset: Number(seconds) * (slowOrFast === 'slow' ? 1 : -1),
      bound: root('delay') / 2 + root('dispersion'),
      stratum: Number(read(/^Stratum +: (\d+)$/m)),
      leap: read(/^Leap status +: (.+)$/m)!,
      isInterleaved: read(/^Interleaved +: (.+)$/m) === 'Yes',
      authentication: readAuthentication(text),
    };
  };
  return { ...chronyd, report };
};

/** Name, mode, key id, type, key's bits, when keys were exchanged last, attempts, NAKs, cookies, their size. */
const AUTHENTICATION = /^\S+ +(NTS|SK|-) +(\d+) +(\d+) +(\d+) +\S+ +(\d+) +(\d+) +(\d+) +(\d+)$/m;

const readAuthentication = (text: string): Authentication => {
  const [, mode, ...rest] = AUTHENTICATION.exec(text) ?? [];
  const [keyId, type, keyBits, attempts, naks, cookies, cookieSize] = rest.map(Number);
  return {
    mode: mode as Authentication['mode'],
    keyId: keyId!,
    type: type!,
    keyBits: keyBits!,
    attempts: attempts!,
    isNak: naks !== 0,
    cookies: cookies!,
    cookieSize: cookieSize!,
  };
};
