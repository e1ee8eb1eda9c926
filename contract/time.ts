/** Time, told apart by the compiler. Points are bigint, lengths are number: even the operators refuse to mix them. */
type Unit<T, Name extends string> = T & { readonly __unit: Name };

/** A point in UTC: ns since 1970-01-01T00:00:00Z, POSIX days of 86 400 s (a leap second has no number of its own). */
export type UnixNanos = Unit<bigint, 'UnixNanos'>;
/** A point on this process's monotonic clock: ns since an arbitrary zero. Never leaves the process. */
export type MonoNanos = Unit<bigint, 'MonoNanos'>;
/** A signed length of time in ns. Exact up to ±2^53 ns (104 days); statistics may make it fractional. */
export type Nanos = Unit<number, 'Nanos'>;

export const unixNanos = (n: bigint): UnixNanos => n as UnixNanos;
export const monoNanos = (n: bigint): MonoNanos => n as MonoNanos;
export const nanos = (n: number): Nanos => n as Nanos;
export const seconds = (s: number): Nanos => (s * 1e9) as Nanos;
export const milliseconds = (ms: number): Nanos => (ms * 1e6) as Nanos;

/** A reading in whole Unix milliseconds, such as `Date.now()`, as a point. */
export const unixMillis = (ms: number): UnixNanos => (BigInt(ms) * 1_000_000n) as UnixNanos;

/** How long after `from` is `to`; negative when it came before. Both must be on the same clock. */
export const between = <P extends UnixNanos | MonoNanos>(from: P, to: P): Nanos => Number(to - from) as Nanos;

/** The point `length` after `point`, to the nearest ns. */
export const after = <P extends UnixNanos | MonoNanos>(point: P, length: Nanos): P =>
  (point + BigInt(Math.round(length))) as P;

/** The same, never later than the exact point: for the early end of an interval. */
export const afterAtMost = <P extends UnixNanos | MonoNanos>(point: P, length: Nanos): P =>
  (point + BigInt(Math.floor(length))) as P;

/** The same, never earlier than the exact point: for the late end of an interval. */
export const afterAtLeast = <P extends UnixNanos | MonoNanos>(point: P, length: Nanos): P =>
  (point + BigInt(Math.ceil(length))) as P;
