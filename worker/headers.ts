/**
 * On every response; `client/_headers` says the same for `/clock.js`, which the platform serves by itself.
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
