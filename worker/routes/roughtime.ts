/**
 * `POST /roughtime`: a request packet of RFC 10049 in, its response out. `GET /.well-known/roughtime.json`: by which keys (§8.3).
 *
 * Over UDP a server never says why it does not answer: anybody could say it in its name, and turn a client away. Here TLS vouches for
 * the status; a client treats any but 200 as silence.
 */
import * as v from 'valibot';
import { refuse } from '#contract/result.ts';
import { MAX_PACKET_BYTES } from '#contract/roughtime/packet.ts';
import { readRequest } from '#contract/roughtime/request.ts';
import { encodeServerList } from '#contract/roughtime/server-list.ts';
import { VERSION_1 } from '#contract/roughtime/versions.ts';
import { noonmarkTime } from '#contract/time-answer.ts';
import { fromBase64url } from '#contract/web-platform.ts';
import { readBounded } from '../bounded-body.ts';
import type { EdgeKeys } from '../edge-keys.ts';
import { respond } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { problem } from '../problem.ts';

export const postRoughtime =
  ({ isolate, roughtime, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const packet = await readBounded(c.req.raw, MAX_PACKET_BYTES);
    if (!packet) return problem(c, refuse('too-large'));
    const request = readRequest(packet);
    if (!request.ok) return problem(c, refuse('malformed', request.detail ?? request.reason));

    const answer = await isolate.time(scope(c));
    if (!answer.ok) return problem(c, answer);
    const response = await roughtime(request.value, answer.value, new URL(c.req.url).origin);
    if (!response.ok) return problem(c, response);
    const headers = { 'Content-Type': 'application/octet-stream', 'Noonmark-Time': noonmarkTime(answer.value) };
    return respond(response.value, headers);
  };

export const roughtimeServers = v.object({
  servers: v.array(
    v.object({
      name: v.string(),
      version: v.literal(VERSION_1),
      publicKeyType: v.literal('ed25519'),
      /** In base64. */
      publicKey: v.pipe(v.string(), v.length(44)),
      /** None: the RFC knows `udp` and `tcp` alone, and an edge answers neither. */
      addresses: v.pipe(v.array(v.never()), v.maxLength(0)),
      /** Not of the RFC: where it answers instead. */
      url: v.string(),
    }),
  ),
  sources: v.exactOptional(v.array(v.string())),
});

export const getRoughtimeServers =
  ({ isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    await isolate.time(scope(c)); // which asks the object where it is time to
    const edge = isolate.edge();
    if (!edge) return problem(c, refuse('unavailable'));
    const { origin, host, protocol } = new URL(c.req.url);
    const servers = [...longTermKeys(edge.keys, origin)].map(([gateway, longTermKey]) => ({
      name: `${host}, for which ${gateway} vouches`,
      version: VERSION_1,
      publicKeyType: 'ed25519' as const,
      publicKey: fromBase64url(longTermKey)!,
      addresses: [],
      url: `${origin}/roughtime`,
    }));
    const sources = protocol === 'https:' ? { sources: [`${origin}/.well-known/roughtime.json`] } : {}; // §8.3: of no other scheme
    return respond(encodeServerList({ servers, ...sources }), { 'Content-Type': 'application/roughtime-server+json' });
  };

/** By gateway, for this origin; as the newest key has it where a gateway has exchanged its own. */
const longTermKeys = (keys: EdgeKeys, origin: string): Map<string, string> =>
  new Map(
    keys
      .toReversed()
      .flatMap(({ delegations }) =>
        delegations.flatMap(({ aud, gateway, roughtime }) =>
          roughtime && aud === origin ? [[gateway, roughtime.longTermKey] as const] : [],
        ),
      ),
  );
