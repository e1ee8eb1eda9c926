/** `GET /`: the time for people, and how far off this browser's clock is. */
import { noonmarkTime, timeAnswer } from '#contract/time-answer.ts';
import { respond } from '../headers.ts';
import { renderNoTime, renderTime } from '../page/page.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { randomName } from '../random-name.ts';

/** Only what is in the page or comes from here, and from here nothing but `/clock.js`, `/page.js` and `/time`. */
const contentSecurityPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'self'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

export const getPage =
  ({ isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const nonce = randomName();
    const { origin } = new URL(c.req.url);
    const answer = await isolate.time(scope(c));
    const headers = {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': contentSecurityPolicy(nonce),
      // Who typed this edge's name once over TLS is never shown the time by somebody who strips it (RFC 6797).
      ...(origin.startsWith('https:') && { 'Strict-Transport-Security': 'max-age=31536000' }),
    };
    if (answer.ok) {
      const page = await renderTime(timeAnswer(answer.value), origin, nonce);
      return respond(String(page), { ...headers, 'Noonmark-Time': noonmarkTime(answer.value) });
    }
    c.set('refusal', answer.reason);
    return respond(String(await renderNoTime(answer.detail ?? '', nonce)), headers, 503);
  };
