/** What a gateway states about time, for one edge. Signed and carried by `signed-sample.ts`; README.md has an example. */
import * as v from 'valibot';
import { MAX_DELEGATION_LENGTH, MOST_DELEGATIONS } from './delegation.ts';
import { edgeCertificates } from './edge-certificates.ts';
import { edgeReadingEntries } from './edge-reading.ts';
import {
  count,
  decodeText,
  encodeText,
  endsAtSigner,
  hash,
  interval,
  isInside,
  leap,
  lineage,
  name,
  taiOffsetSeconds,
  unixNs,
} from './fields.ts';
import { pullUrl } from './pulled-time.ts';
import type { Result } from './result.ts';

/** To be opened one by one; what is wrong with one is no fault of the sample. */
const delegation = v.pipe(v.string(), v.maxLength(MAX_DELEGATION_LENGTH));
const lengthNs = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

const readingBound = v.pipe(
  v.object({ ...edgeReadingEntries, ...interval }),
  v.forward(
    v.check((s) => isInside(s)),
    ['estimateUnixNs'],
  ),
);

const schema = v.pipe(
  v.object({
    version: v.literal(1),
    /** The gateway's id, as the edge's settings name it. */
    gateway: name,
    /** The edge's origin: a sample is for one edge alone. */
    aud: name,
    /** Up at each start and each step of the gateway's clock, kept over restarts. */
    epoch: count,
    /** Counts the samples signed in this epoch for this edge. */
    sequence: count,
    /** False: the host's own clock, because no source answered. */
    synchronized: v.boolean(),
    /** The gateway's best estimate of true time when it signed, and the interval that holds it. */
    ...interval,
    /** One standard deviation of the estimate, as far as it can be told from the measurements. */
    standardDeviationNs: lengthNs,
    rootDelayNs: lengthNs,
    rootDispersionNs: lengthNs,
    stratum: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(15)),
    /** RFC 5905 §7.3, the four bytes in hexadecimal. */
    referenceId: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
    leap,
    taiOffsetSeconds,
    sourcesSelected: count,
    sourcesTotal: count,
    lineage,
    /** The sample means nothing outside these, by the edge's own interval. */
    validFromUnixNs: unixNs,
    validUntilUnixNs: unixNs,
    /** Of the last sample before this one that was sent to this edge in this epoch; null for the first. */
    previousSha256: v.nullable(hash),
    /** Readings of this edge's clocks, and when true time was as they were taken. */
    readings: v.pipe(v.array(readingBound), v.maxLength(4)),
    /** The gateway's word for keys of this edge: delegation.ts, each signed by itself. */
    delegations: v.exactOptional(v.pipe(v.array(delegation), v.maxLength(MOST_DELEGATIONS))),
    /** The same once more, as Roughtime has it. */
    roughtime: v.exactOptional(v.pipe(v.array(edgeCertificates), v.maxLength(MOST_DELEGATIONS))),
    /** Where this gateway can be asked itself: pulled-time.ts. */
    pullUrl: v.exactOptional(pullUrl),
  }),
  v.forward(
    v.check((s) => isInside(s)),
    ['estimateUnixNs'],
  ),
  v.forward(
    v.check((s) => endsAtSigner(s)),
    ['lineage'],
  ),
);

export type TimeSample = Readonly<v.InferOutput<typeof schema>>;
/** To `sampleSha256` you answered this reading; true time was then within [earliest, latest], probably `estimate`. */
export type ReadingBound = Readonly<v.InferOutput<typeof readingBound>>;

export const encodeTimeSample = (sample: TimeSample): string => encodeText(sample);

export const decodeTimeSample = (text: string): Result<TimeSample, 'malformed'> => decodeText(schema, text);
