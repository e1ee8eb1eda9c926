/**
 * `POST /roughtime`: a request packet of RFC 10049 in, its response out. `GET /.well-known/roughtime.json`: by which keys (§8.3).
 *
 * Over UDP a server never says why it does not answer: anybody could say it in its name, and turn a client away. Here TLS vouches for
 * the status; a client treats any but 200 as silence.
 */
import * as v from 'valibot';
import type { EdgeCertificates, OwnServer } from '#contract/edge-certificates.ts';
import { refuse } from '#contract/result.ts';
import { MAX_PACKET_BYTES } from '#contract/roughtime/packet.ts';
import { readRequest } from '#contract/roughtime/request.ts';
import { encodeServerList, TRANSPORTS } from '#contract/roughtime/server-list.ts';
import { VERSION_1 } from '#contract/roughtime/versions.ts';
import { fromBase64url } from '#contract/web-platform.ts';
import { readBounded } from '../bounded-body.ts';
import type { EdgeKeys } from '../edge-keys.ts';
import { respond, timedHeaders } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { problem } from '../problem.ts';
import { orAnew } from '../signing-key.ts';

const headers = timedHeaders('application/octet-stream');

export const postRoughtime =
  ({ isolate, roughtime, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const packet = await readBounded(c.req.raw, MAX_PACKET_BYTES);
    if (!packet) return problem(c, refuse('too-large'));
    const request = readRequest(packet);
    if (!request.ok) return problem(c, refuse('malformed', request.detail ?? request.reason));

    const answer = await isolate.time(scope(c));
    if (!answer.ok) return problem(c, answer);
    const { origin } = new URL(c.req.url);
    const response = await orAnew(() => roughtime(request.value, answer.value, origin), isolate, scope(c));
    if (!response.ok) return problem(c, response);
    return new Response(response.value, { headers: headers(answer.value) });
  };

/** In base64. */
const publicKey = v.pipe(v.string(), v.length(44));
export const roughtimeServers = v.object({
  /** The gateways' own. */
  servers: v.array(
    v.object({
      name: v.string(),
      version: v.literal(VERSION_1),
      publicKeyType: v.literal('ed25519'),
      publicKey,
      addresses: v.array(v.object({ protocol: v.picklist(TRANSPORTS), address: v.string() })),
    }),
  ),
  sources: v.exactOptional(v.array(v.string())),
  /** This edge, once for each gateway that vouches for it. */
  edges: v.array(v.object({ name: v.string(), publicKey, url: v.string() })),
});

/** The RFC knows servers over `udp` and `tcp` alone: an edge among them would be a server without an address, which some readers refuse. */
export const getRoughtimeServers =
  ({ isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    await isolate.time(scope(c)); // which asks the object where it is time to
    const edge = isolate.edge();
    if (!edge) return problem(c, refuse('unavailable'));
    const { origin, host, protocol } = new URL(c.req.url);
    const certified = [...certificatesOf(edge.keys, origin)];
    const servers = certified.flatMap(([gateway, { server }]) => (server ? [entryOf(gateway, server)] : []));
    const edges = certified.map(([gateway, { longTermKey }]) => ({
      name: `${host}, for which ${gateway} vouches`,
      publicKey: fromBase64url(longTermKey)!,
      url: `${origin}/roughtime`,
    }));
    const sources = protocol === 'https:' ? { sources: [`${origin}/.well-known/roughtime.json`] } : {}; // §8.3: of no other scheme
    const list = encodeServerList({ servers, ...sources, edges });
    return respond(list, { 'Content-Type': 'application/roughtime-server+json' });
  };

const entryOf = (gateway: string, { longTermKey, addresses }: OwnServer) => ({
  name: gateway,
  version: VERSION_1, // the best; as a number the draft's is higher
  publicKeyType: 'ed25519' as const,
  publicKey: fromBase64url(longTermKey)!,
  addresses: addresses.flatMap((address) => TRANSPORTS.map((protocol) => ({ protocol, address }))),
});

/** By gateway, for this origin; as the newest key has them. */
const certificatesOf = (keys: EdgeKeys, origin: string): Map<string, EdgeCertificates> =>
  new Map(
    keys
      .toReversed()
      .flatMap(({ delegations }) =>
        delegations.flatMap(({ aud, gateway, roughtime }) =>
          roughtime && aud === origin ? [[gateway, roughtime] as const] : [],
        ),
      ),
  );
