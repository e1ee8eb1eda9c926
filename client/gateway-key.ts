import type { GatewayKeys } from '#contract/gateway-keys.ts';
import { findGatewayKey } from '#contract/jwk-set.ts';
import { type Result, refuse } from '#contract/result.ts';
import type { ExchangeRefusal } from './exchange.ts';
import type { HttpGet } from './http-get.ts';

/**
 * The key of a pinned gateway and those that followed it, from the edge itself: the id is the key's hash, so nobody else's
 * passes for it, and each of them has signed for the next.
 *
 * @param id - as `noonmark-gateway keys` prints it.
 */
export const fetchGatewayKey = async (
  get: HttpGet,
  edge: string | URL,
  id: string,
  signal: AbortSignal,
): Promise<Result<GatewayKeys, ExchangeRefusal>> => {
  const got = await get(new URL('/.well-known/jwks.json', edge), signal);
  if (!got.ok) return got;
  const { status, body } = got.value;
  const found = await findGatewayKey(status === 200 ? body : '', id);
  return found.ok || found.reason !== 'malformed' ? found : refuse('not-an-edge', `HTTP ${status}, and no key set`);
};
