/** Every response is made here. */

/**
 * On each of them; `client/_headers` says the same for `/clock.js`, which the platform serves by itself.
 *
 * Time that was cached is wrong. A page of any origin may ask, see how long it took (`Timing-Allow-Origin`), and read
 * the headers that its script needs.
 */
export const HEADERS = {
  'Cache-Control': 'no-store',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Allow, Date, Noonmark-Time, Retry-After',
  'Timing-Allow-Origin': '*',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** All headers at once: one by one they take a good part of what a short answer costs. */
export const respond = (body: string, headers: Readonly<Record<string, string>>, status = 200): Response =>
  new Response(body, { status, headers: { ...HEADERS, ...headers } });

export const respondJson = (body: unknown, status = 200): Response =>
  respond(JSON.stringify(body), { 'Content-Type': 'application/json' }, status);
