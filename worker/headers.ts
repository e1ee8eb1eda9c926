/** What stands on every response, and how one is made of it. */
import { type Answer, noonmarkTime } from '#contract/time-answer.ts';

/**
 * On each of them; `write-assets.ts` has the platform say the same of what it serves by itself.
 *
 * Time that was cached is wrong. A page of any origin may ask, also one that is isolated from all others
 * (`Cross-Origin-Resource-Policy`), see how long it took (`Timing-Allow-Origin`), and read the headers that its script
 * needs. Nobody hears from us what a caller asked (`Referrer-Policy`), and nothing is taken for what it is not.
 */
export const HEADERS = {
  'Cache-Control': 'no-store',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Allow, Date, Noonmark-Time, Retry-After, X-HTTPSTIME',
  'Timing-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Should a browser take for a page what is none, it loads nothing, runs nothing and stands in no frame. A page has a policy of its own. */
export const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

/** Made once: the runtime copies it as a whole, and to hand over each header anew is a good part of a short answer's cost. */
const COMMON = new Headers({ ...HEADERS, 'Content-Security-Policy': NO_PAGE });

export const respond = (body: BodyInit | null, headers: Readonly<Record<string, string>>, status = 200): Response => {
  const response = new Response(body, { status, headers: COMMON });
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
};

/**
 * Of answers of one media type: whatever tells the time tells its bound. What it returns is good until it is called again:
 * a response copies it as a whole, which costs less than to open its own headers and add to them.
 */
export const timedHeaders = (type: string): ((answer: Answer) => Headers) => {
  const headers = new Headers([...COMMON, ['Content-Type', type]]);
  let told: Answer | undefined;
  return (answer) => {
    if (answer !== told) headers.set('Noonmark-Time', noonmarkTime(answer));
    told = answer;
    return headers;
  };
};

export const respondJson = (body: unknown, status = 200): Response =>
  respond(JSON.stringify(body), { 'Content-Type': 'application/json' }, status);

export const respondUpgraded = (webSocket: WebSocket): Response =>
  new Response(null, { status: 101, webSocket, headers: COMMON });
