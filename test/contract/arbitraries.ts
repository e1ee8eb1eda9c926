/** What fast-check draws from: points of this era, intervals around them, whole samples. */
import fc from 'fast-check';
import type { EdgeReading } from '#contract/edge-reading.ts';
import type { Interval } from '#contract/interval.ts';
import type { PulledTime } from '#contract/pulled-time.ts';
import { type Nanos, nanos, type UnixNanos, unixNanos } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';

export const point = (min = 0n, max = 99_999_999_999_999_999_999n): fc.Arbitrary<UnixNanos> =>
  fc.bigInt({ min, max }).map(unixNanos);

export const length = (min: number, max: number): fc.Arbitrary<Nanos> => fc.integer({ min, max }).map(nanos);

/** Ends from 0 to 20, so that many meet, touch and miss; some are empty (earliest after latest). */
export const smallInterval: fc.Arbitrary<Interval> = fc.record({ earliest: point(0n, 20n), latest: point(0n, 20n) });

const threePoints = fc.tuple(point(), point(), point()).map((points) => {
  const [earliestUnixNs, estimateUnixNs, latestUnixNs] = points.sort((a, b) => (a < b ? -1 : 1)) as typeof points;
  return { earliestUnixNs, estimateUnixNs, latestUnixNs };
});
const count = fc.maxSafeNat();
const lengthNs = fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true }).map((ns) => ns + 0); // no −0 in JSON
const hash = fc.stringMatching(/^[\w-]{43}$/);
const word = fc.stringMatching(/^[\x21-\x7e]{1,64}$/);
const name = fc.stringMatching(/^[\w.:/[\]-]{1,255}$/);
const unixMs = fc.integer({ min: 0, max: 9_000_000_000_000 });

export const edgeReading: fc.Arbitrary<EdgeReading> = fc.record({
  sampleSha256: hash,
  isolate: word,
  isolateUnixMs: unixMs,
  departedUnixMs: unixMs,
  object: word,
  objectUnixMs: unixMs,
  location: word,
  nonce: hash,
});

const bySigner = <Fields extends { gateway: string; lineage: string[] }>(fields: Fields): Fields => ({
  ...fields,
  lineage: [...fields.lineage, fields.gateway],
});

export const timeSample: fc.Arbitrary<TimeSample> = fc
  .tuple(
    fc.record({
      version: fc.constant(1 as const),
      gateway: name,
      aud: name,
      epoch: count,
      sequence: count,
      synchronized: fc.boolean(),
      standardDeviationNs: lengthNs,
      rootDelayNs: lengthNs,
      rootDispersionNs: lengthNs,
      stratum: fc.integer({ min: 1, max: 15 }),
      referenceId: fc.stringMatching(/^[0-9a-f]{8}$/),
      leap: fc.constantFrom('none' as const, 'insert' as const, 'delete' as const),
      taiOffsetSeconds: fc.option(fc.integer({ min: -100, max: 100 })),
      sourcesSelected: count,
      sourcesTotal: count,
      lineage: fc.array(name, { maxLength: 15 }),
      validFromUnixNs: point(),
      validUntilUnixNs: point(),
      previousSha256: fc.option(hash),
    }),
    threePoints,
    fc.array(
      fc.tuple(edgeReading, threePoints).map(([edge, bound]) => ({ ...edge, ...bound })),
      { maxLength: 4 },
    ),
  )
  .map(([fields, points, readings]) => ({ ...bySigner(fields), ...points, readings }));

export const pulledTime: fc.Arbitrary<PulledTime> = fc
  .tuple(
    fc.record({
      version: fc.constant(1 as const),
      gateway: name,
      aud: name,
      nonce: fc.stringMatching(/^[\w-]{16,64}$/),
      epoch: count,
      synchronized: fc.constant(true as const),
      leap: fc.constantFrom('none' as const, 'insert' as const, 'delete' as const),
      lineage: fc.array(name, { maxLength: 15 }),
    }),
    threePoints,
  )
  .map(([fields, points]) => ({ ...bySigner(fields), ...points }));
