/** The two clocks of this host that the gateway reads. It sets neither. */
import { type MonoNanos, monoNanos, type UnixNanos, unixMillis, unixNanos } from '#contract/time.ts';
import { CLOCK_MONOTONIC_RAW, CLOCK_REALTIME, openClock } from '#native/clocks.ts';

export type Clocks = {
  readonly mono: () => MonoNanos;
  readonly wall: () => UnixNanos;
  /** False: `mono` is slewed by whichever time daemon runs here. */
  readonly isRaw: boolean;
  /** log2 of the seconds that one reading takes, RFC 5905 §7.3. */
  readonly precision: number;
};

export const openClocks = (): Clocks => {
  const raw = openClock(CLOCK_MONOTONIC_RAW);
  const realtime = openClock(CLOCK_REALTIME);
  const mono = raw ?? process.hrtime.bigint;
  return {
    mono: () => monoNanos(mono()),
    wall: () => (realtime ? unixNanos(realtime()) : unixMillis(Date.now())),
    isRaw: raw !== undefined,
    precision: measurePrecision(mono),
  };
};

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
