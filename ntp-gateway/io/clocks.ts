/** The clocks of this host that the gateway reads. It sets none. */
import { monoNanos, type Nanos, nanos, unixMillis, unixNanos } from '#contract/time.ts';
import { CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME, openClock } from '#native/clocks.ts';
import type { HostClocks } from '../discipline/jump.ts';

export type Clocks = HostClocks & {
  /** False: `mono` is slewed by whichever time daemon runs here. */
  readonly isRaw: boolean;
  /** log2 of the seconds that one reading takes, RFC 5905 §7.3. */
  readonly precision: number;
};

export const openClocks = (): Clocks => {
  const raw = openClock(CLOCK_MONOTONIC_RAW);
  const realtime = openClock(CLOCK_REALTIME);
  const mono = raw ?? process.hrtime.bigint;
  const slept = openSlept();
  return {
    mono: () => monoNanos(mono()),
    wall: () => (realtime ? unixNanos(realtime()) : unixMillis(Date.now())),
    ...(slept && { slept }),
    isRaw: raw !== undefined,
    precision: measurePrecision(mono),
  };
};

/** A pause between the two readings makes the later one larger, and what is taken for sleep smaller. */
export const openSlept = (): (() => Nanos) | undefined => {
  const boottime = openClock(CLOCK_BOOTTIME);
  const monotonic = openClock(CLOCK_MONOTONIC);
  if (!boottime || !monotonic) return undefined;
  return () => {
    const total = boottime();
    return nanos(Number(total - monotonic()));
  };
};

/** What a thread goes by that signs: a sleep of the host, after which no line from before counts, must be told. */
export type SigningClocks = Required<Pick<HostClocks, 'mono' | 'slept'>>;

/** Where `openSlept` gives something: whoever starts the thread has looked. */
export const openSigningClocks = (): SigningClocks => ({ mono: openClocks().mono, slept: openSlept()! });

/** The smallest step between two readings in a row: resolution or reading time, whichever is larger. */
const measurePrecision = (read: () => bigint): number => {
  let least = 1_000_000_000n;
  for (let i = 0, before = read(); i < 1_000; i++) {
    const now = read();
    if (now > before && now - before < least) least = now - before;
    before = now;
  }
  return Math.ceil(Math.log2(Number(least) / 1e9));
};
