/** `GET /.well-known/jwks.json`: the gateways whose samples are kept here, and this edge's own keys. RFC 7517. */
import type * as v from 'valibot';
import type { jwkSet } from '#contract/jwk-set.ts';
import { jwkOf } from '#contract/jws.ts';
import { respond } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';

export const getJwks =
  ({ settings, isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    await isolate.time(scope(c)); // which asks the object where it is time to
    const gateways = Object.entries(settings.gatewayKeys).map(async ([gateway, x]) => ({
      ...(await jwkOf(x)),
      gateway,
    }));
    const own = (isolate.edge()?.keys ?? []).map(({ x }) => jwkOf(x));
    const body: v.InferOutput<typeof jwkSet> = { keys: await Promise.all([...gateways, ...own]) };
    return respond(JSON.stringify(body), { 'Content-Type': 'application/jwk-set+json' });
  };
