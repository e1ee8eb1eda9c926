/** `noonmark feed`: keeps chronyd or ntpd-rs on time through a SOCK reference clock. */
import { watchFile } from 'node:fs';
import { unixNanos } from '#contract/time.ts';
import { type AskOptions, openEdge } from './ask.ts';
import { chronyLine } from './feed/chrony-line.ts';
import { type Fed, feedSamples } from './feed/feed-samples.ts';
import { skewText, toMicros } from './instant.ts';
import { watchLosses } from './losses.ts';
import { openOutput } from './output.ts';
import { EXIT } from './refusals.ts';
import { complain } from './terminal.ts';

export type FeedOptions = AskOptions & { readonly sock: string; readonly json?: true };

/** Until a signal ends it. */
export const feed = async (url: URL, { sock, json, ...ask }: FeedOptions): Promise<void> => {
  const sockets = await import('#native/unix-datagram.ts').catch(() => undefined);
  const clocks = await import('#native/clocks.ts').catch(() => undefined);
  const wall = clocks?.openClock(clocks.CLOCK_REALTIME);
  if (!sockets || !wall || process.platform !== 'linux') {
    complain('feed takes Linux, and the package koffi');
    process.exitCode = EXIT.usage;
    return;
  }
  const { clock } = openEdge(url, ask);
  watchLosses(clock, (loss) =>
    complain(loss ? `${url.origin}: ${loss.text}; nothing is fed until that is better` : 'the time is known again'),
  );
  const world = {
    clock,
    wall: () => unixNanos(wall()),
    send: (datagram: Uint8Array) => sockets.sendUnixDatagram(sock, datagram),
  };
  feedSamples(world, json ? printJson() : talk(sock));
  watchFile(sock, { interval: WATCH_MS }, (now, before) => {
    if (now.ino !== 0 && now.ctimeMs !== before.ctimeMs) clock.refresh(); // a daemon has just made it, and knows nothing
  });
};

const WATCH_MS = 1_000;

const printJson = (): ((fed: Fed) => void) => {
  const write = openOutput();
  return ({ offsetMs, boundMs, fault = null }) => {
    const sample = { offsetMs: toMicros(offsetMs), uncertaintyMs: toMicros(boundMs, Math.ceil), fault };
    void write(Buffer.from(`${JSON.stringify(sample)}\n`));
  };
};

/** Says what changes, and nothing each time. */
const talk = (sock: string): ((fed: Fed) => void) => {
  process.stdout.on('error', () => {}); // a log that is full, or that nobody reads, is no reason to feed no more
  let advisedMs = 0;
  let before: string | undefined = 'none yet';
  return ({ offsetMs, boundMs, fault }) => {
    if (boundMs > advisedMs) {
      advisedMs = 1.5 * boundMs;
      console.log(`for chrony.conf, by what is known now: ${chronyLine(sock, advisedMs)}`);
    }
    if (fault === before) return;
    before = fault;
    if (fault === undefined)
      console.log(
        `feeds ${sock}: this host is ${skewText({ earliest: offsetMs - boundMs, offset: offsetMs, latest: offsetMs + boundMs })}`,
      );
    else complain(`${sock}: ${fault}: ${FAULTS[fault] ?? 'it takes nothing'}; tried again after each exchange`);
  };
};

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'no time daemon has made it yet',
  ECONNREFUSED: 'no time daemon listens there any more',
  EACCES: 'this user may not write to it',
  EAGAIN: 'the time daemon does not read it',
};
