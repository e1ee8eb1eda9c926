/** `GET /.well-known/jwks.json`: the keys whose samples are kept here. RFC 7517. */
import { publicJwk } from '#contract/signed-sample.ts';
import { respond } from '../headers.ts';
import type { Ports } from '../ports.ts';

export const getJwks =
  ({ settings, gatewayKeys }: Ports) =>
  async (): Promise<Response> => {
    const keys = [...(await gatewayKeys())].map(([kid, { gateway }]) => ({
      ...publicJwk(settings.gatewayKeys[gateway] ?? ''),
      kid,
      alg: 'EdDSA',
      use: 'sig',
      gateway,
    }));
    return respond(JSON.stringify({ keys }), { 'Content-Type': 'application/jwk-set+json' });
  };
