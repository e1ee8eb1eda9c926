/** Every response is made here. */

/**
 * On each of them; `write-assets.ts` has the platform say the same of what it serves by itself.
 *
 * Time that was cached is wrong. A page of any origin may ask, see how long it took (`Timing-Allow-Origin`), and read
 * the headers that its script needs.
 */
export const HEADERS = {
  'Cache-Control': 'no-store',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Allow, Date, Noonmark-Time, Retry-After, X-HTTPSTIME',
  'Timing-Allow-Origin': '*',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Made once: the runtime copies it as a whole, and to hand over each header anew is a good part of a short answer's cost. */
const COMMON = new Headers(HEADERS);

export const respond = (body: BodyInit | null, headers: Readonly<Record<string, string>>, status = 200): Response => {
  const response = new Response(body, { status, headers: COMMON });
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
};

export const respondJson = (body: unknown, status = 200): Response =>
  respond(JSON.stringify(body), { 'Content-Type': 'application/json' }, status);

export const respondUpgraded = (webSocket: WebSocket): Response =>
  new Response(null, { status: 101, webSocket, headers: COMMON });
