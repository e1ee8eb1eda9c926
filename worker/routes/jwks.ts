/** `GET /.well-known/jwks.json`: the gateways whose samples are kept here, what leads to their keys, and this edge's own. RFC 7517. */
import type * as v from 'valibot';
import type { jwkSet } from '#contract/jwk-set.ts';
import { jwkOf } from '#contract/jws.ts';
import { respond } from '../headers.ts';
import { chainOf, type KeyChain, speaking } from '../key-chain.ts';
import type { EdgeContext, Ports } from '../ports.ts';

export const getJwks =
  ({ settings, isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    await isolate.time(scope(c)); // which asks the object where it is time to
    const chains = isolate.chains();
    const roots = Object.entries(settings.gatewayKeys);
    const gateways = roots.flatMap(([gateway, root]) =>
      speaking(chainOf(root, chains[gateway]), root).map(async (x) => ({ ...(await jwkOf(x)), gateway })),
    );
    const own = (isolate.edge()?.keys ?? []).map(({ x }) => jwkOf(x));
    const successions = roots.flatMap(([gateway, root]) => wordsOf(root, chains[gateway]));
    const body: v.InferOutput<typeof jwkSet> = {
      keys: await Promise.all([...gateways, ...own]),
      ...(successions.length > 0 && { successions }),
    };
    return respond(JSON.stringify(body), { 'Content-Type': 'application/jwk-set+json' });
  };

/** None leads from a key that was withdrawn. But that one was given up is true also when the settings have forgotten it. */
const wordsOf = (root: string, known: KeyChain | undefined): readonly string[] => {
  if (!known || (!known.keys.includes(root) && !known.end)) return [];
  return [...known.successions, ...(known.end ? [known.end.jws] : [])];
};
