/** What a chronyd that follows our server says of it: unlike `chronyd -Q`, it goes on asking. */
import { join } from 'node:path';
import { runChild, type startChild } from './child.ts';
import { type Chronyd, startChronyd } from './chronyd.ts';
import { findChronyc, required } from './peers.ts';
import { makeTempDir } from './temp-dir.ts';

export type Follower = Chronyd & {
  /** Undefined until it answers. */
  report(): Promise<FollowerReport | undefined>;
};

/** `offset` in seconds, positive where chronyd's host is behind the time that it has; `stratum` is chronyd's own. */
export type FollowerReport = {
  readonly isSelected: boolean;
  readonly offset: number;
  readonly stratum: number;
  readonly leap: string;
  readonly isInterleaved: boolean;
};

/** @param directive - options of chrony.conf's `server`, such as `xleave`. */
export const startFollower = async (
  start: typeof startChild,
  address = '127.0.0.1',
  directive = '',
): Promise<Follower> => {
  const socket = join(makeTempDir(), 'sock');
  const chronyd = await startChronyd({
    port: 0, // did it serve too, it would shun who follows 127.0.0.1 as if that were itself
    servers: [`${address} iburst minpoll -4 maxpoll -4 ${directive}`],
    config: [`bindcmdaddress ${socket}`],
    start,
  });
  const ask = async (what: string): Promise<string> =>
    (await runChild(required(findChronyc()), ['-h', socket, '-n', what])).stdout;
  const report = async (): Promise<FollowerReport | undefined> => {
    // One by one: what is tracked must not be older than the choice of the source.
    const text = `${await ask('sources')}\n${await ask('tracking')}\n${await ask('ntpdata')}`;
    const read = (pattern: RegExp) => pattern.exec(text)?.[1];
    const [, seconds, slowOrFast] = /^System time +: ([\d.]+) seconds (slow|fast) of NTP time$/m.exec(text) ?? [];
    if (seconds === undefined) return;
    return {
      isSelected: read(/^\^\* (\S+)/m) === address,
      offset: Number(seconds) * (slowOrFast === 'slow' ? 1 : -1),
      stratum: Number(read(/^Stratum +: (\d+)$/m)),
      leap: read(/^Leap status +: (.+)$/m)!,
      isInterleaved: read(/^Interleaved +: (.+)$/m) === 'Yes',
    };
  };
  return { ...chronyd, report };
};
