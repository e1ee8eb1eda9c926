/** `GET /.well-known/jwks.json`: the keys whose samples are kept here. RFC 7517. */
import { jwkOf } from '#contract/jws.ts';
import { respond } from '../headers.ts';
import type { Ports } from '../ports.ts';

export const getJwks =
  ({ settings }: Ports) =>
  async (): Promise<Response> => {
    const keys = await Promise.all(
      Object.entries(settings.gatewayKeys).map(async ([gateway, x]) => ({ ...(await jwkOf(x)), gateway })),
    );
    return respond(JSON.stringify({ keys }), { 'Content-Type': 'application/jwk-set+json' });
  };
