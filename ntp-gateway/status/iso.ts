/** As a person reads a moment: RFC 3339, to the millisecond. */
export const iso = (unixNanos: bigint): string => new Date(Number(unixNanos / 1_000_000n)).toISOString();
