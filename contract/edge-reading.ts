/** What an edge answers to a posted sample: its own clocks, read while it was answering. */
import * as v from 'valibot';
import { hash } from './fields.ts';
import { type Result, refuse } from './result.ts';

const word = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,64}$/));
/** Date.now() of some machine: 1970 to 2255. */
const unixMs = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9_000_000_000_000));

/** Entries, not a schema, so that `time-sample` can add the bound to them. */
export const edgeReadingEntries = {
  /** Of the sample that was answered, base64url: ties this answer to that one post. */
  sampleSha256: hash,
  /** Which isolate read `isolateUnixMs`: a random name for its life, since each may run on another machine. */
  isolate: word,
  isolateUnixMs: unixMs,
  /** What the same clock read just before the answer left: from the one to the other, the exchange was not on its way. */
  departedUnixMs: unixMs,
  /** Which life of the Durable Object read `objectUnixMs`. Its clock may run late, never early. */
  object: word,
  objectUnixMs: unixMs,
  /** Where, for people: an airport code or "local". */
  location: word,
  /** A keyed hash over all of the above, made and checked by the edge alone. */
  nonce: hash,
};

const schema = v.object(edgeReadingEntries);
export type EdgeReading = Readonly<v.InferOutput<typeof schema>>;

/** Reads the body of a 200 answer to `POST /samples`. */
export const decodeEdgeReading = (json: unknown): Result<EdgeReading, 'malformed'> => {
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return { ok: true, value: parsed.output };
  return refuse('malformed', v.getDotPath(parsed.issues[0]) ?? 'not an object');
};

/** The text that the nonce is a keyed hash of: one line each, behind a name that no other text of ours begins with. */
export const readingText = (reading: Omit<EdgeReading, 'nonce'>): string =>
  [
    'noonmark edge reading 2',
    reading.sampleSha256,
    reading.isolate,
    reading.isolateUnixMs,
    reading.departedUnixMs,
    reading.object,
    reading.objectUnixMs,
    reading.location,
  ].join('\n');
