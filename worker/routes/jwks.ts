/** `GET /.well-known/jwks.json`: the keys whose samples are kept here. RFC 7517. */
import { publicJwk } from '#contract/signed-sample.ts';
import type { EdgeContext, Ports } from '../ports.ts';

export const getJwks =
  ({ settings, gatewayKeys }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const keys = [...(await gatewayKeys())].map(([kid, { gateway }]) => ({
      ...publicJwk(settings.gatewayKeys[gateway] ?? ''),
      kid,
      alg: 'EdDSA',
      use: 'sig',
      gateway,
    }));
    return c.json({ keys }, 200, { 'Content-Type': 'application/jwk-set+json' });
  };
