/** `GET /keys`: this edge's own keys, the newest first, and who vouches for each how long. */
import * as v from 'valibot';
import { hash, name, publicKey } from '#contract/fields.ts';
import { refuse } from '#contract/result.ts';
import type { UnixNanos } from '#contract/time.ts';
import type { EdgeKey } from '../edge-keys.ts';
import { respondJson } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { problem } from '../problem.ts';

const key = v.object({
  kid: hash,
  x: publicKey,
  madeUnixMs: v.pipe(v.number(), v.integer()),
  delegations: v.array(
    v.object({
      gateway: name,
      aud: name,
      validFrom: v.pipe(v.string(), v.isoTimestamp()),
      validUntil: v.pipe(v.string(), v.isoTimestamp()),
      jws: v.string(),
    }),
  ),
});
export const keyList = v.object({ keys: v.array(key) });

export const getKeys =
  ({ isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    await isolate.time(scope(c)); // which asks the object where it is time to
    const edge = isolate.edge();
    return edge ? respondJson({ keys: edge.keys.map(describe) }) : problem(c, refuse('unavailable'));
  };

const describe = ({ id, x, madeUnixMs, delegations }: EdgeKey): v.InferOutput<typeof key> => ({
  kid: id,
  x,
  madeUnixMs,
  delegations: delegations.map(({ gateway, aud, validFromUnixNs, validUntilUnixNs, jws }) => ({
    gateway,
    aud,
    validFrom: rfc3339(validFromUnixNs),
    validUntil: rfc3339(validUntilUnixNs),
    jws,
  })),
});

const rfc3339 = (point: UnixNanos): string => new Date(Number(point / 1_000_000n)).toISOString();
