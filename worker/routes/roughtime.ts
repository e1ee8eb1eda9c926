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
      addresses: v.array(v.object({ protocol: v.picklist(TRANSPORTS), address: v.string() })),
      /** Not of the RFC: where this edge answers. It knows `udp` and `tcp` alone, and so has no address of an edge. */
      url: v.exactOptional(v.string()),
    }),
  ),
  sources: v.exactOptional(v.array(v.string())),
});

/** The gateways' own servers are listed first, where they have told of any: who speaks no HTTPS can ask those alone. */
export const getRoughtimeServers =
  ({ isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    await isolate.time(scope(c)); // which asks the object where it is time to
    const edge = isolate.edge();
    if (!edge) return problem(c, refuse('unavailable'));
    const { origin, host, protocol } = new URL(c.req.url);
    const certified = [...certificatesOf(edge.keys, origin)];
    const servers = [
      ...certified.flatMap(([gateway, { server }]) => (server ? [ownEntry(gateway, server)] : [])),
      ...certified.map(([gateway, { longTermKey }]) => ({
        ...entryOf(`${host}, for which ${gateway} vouches`, longTermKey),
        addresses: [],
        url: `${origin}/roughtime`,
      })),
    ];
    const sources = protocol === 'https:' ? { sources: [`${origin}/.well-known/roughtime.json`] } : {}; // §8.3: of no other scheme
    return respond(encodeServerList({ servers, ...sources }), { 'Content-Type': 'application/roughtime-server+json' });
  };

const entryOf = (name: string, longTermKey: string) => ({
  name,
  version: VERSION_1, // the best; as a number the draft's is higher
  publicKeyType: 'ed25519' as const,
  publicKey: fromBase64url(longTermKey)!,
});

const ownEntry = (gateway: string, { longTermKey, addresses }: OwnServer) => ({
  ...entryOf(gateway, longTermKey),
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
