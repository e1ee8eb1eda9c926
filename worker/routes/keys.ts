/**
 * `GET /keys`: this edge's own keys, the newest first, and who vouches for each how long. `POST /keys`: a gateway's key names
 * the one that follows it, or says that none does. Whoever hands that in: it is signed.
 */
import * as v from 'valibot';
import { hash, name, publicKey } from '#contract/fields.ts';
import { type KeySuccession, MAX_SUCCESSION_LENGTH, openSuccession } from '#contract/key-succession.ts';
import { refuse } from '#contract/result.ts';
import type { UnixNanos } from '#contract/time.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { readBounded } from '../bounded-body.ts';
import type { EdgeKey } from '../edge-keys.ts';
import { respondJson } from '../headers.ts';
import { chainOf } from '../key-chain.ts';
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

/** The public keys by which the gateway speaks from now on, the oldest first. */
export const gatewayKeyList = v.object({ gateway: name, keys: v.array(publicKey) });

export const postKeys =
  ({ isolate, settings, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const body = await readBounded(c.req.raw, MAX_SUCCESSION_LENGTH);
    if (!body) return problem(c, refuse('too-large'));
    const jws = fromUtf8(body) ?? '';
    const word = await openSuccession(jws);
    if (!word.ok) return problem(c, word);

    // Anybody can sign by a key of his own: that does not get as far as the object.
    const isKnown = ({ gateway, key }: KeySuccession): boolean => {
      const root = Object.hasOwn(settings.gatewayKeys, gateway) ? settings.gatewayKeys[gateway] : undefined;
      return root !== undefined && chainOf(root, isolate.chains()[gateway]).keys.includes(key);
    };
    if (!isKnown(word.value)) await isolate.renew(scope(c));
    if (!isKnown(word.value)) return problem(c, refuse('unknown-key'));
    const outcome = await isolate.succeed(scope(c), jws, word.value);
    if (!outcome) return problem(c, refuse('unavailable'));
    if (!outcome.ok) return problem(c, outcome);
    const { gateway } = word.value;
    return respondJson({ gateway, keys: [...outcome.value] } satisfies v.InferOutput<typeof gatewayKeyList>);
  };

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
