/** `GET /`: the time for people, and how far off this browser's clock is. */
import { noonmarkTime, timeAnswer } from '#contract/time-answer.ts';
import { respond } from '../headers.ts';
import { renderNoTime, renderTime } from '../page/page.ts';
import type { EdgeContext, Ports } from '../ports.ts';

/** Only what comes from here: `/page.js`, `/page.css`, `/clock.js` with what that loads, `/time` and the keys. Nothing stands in the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const getPage =
  ({ isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const { origin } = new URL(c.req.url);
    const answer = await isolate.time(scope(c));
    const headers = {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      // Who typed this edge's name once over TLS is never shown the time by somebody who strips it (RFC 6797).
      ...(origin.startsWith('https:') && { 'Strict-Transport-Security': 'max-age=31536000' }),
    };
    if (answer.ok) {
      const page = await renderTime(timeAnswer(answer.value), origin);
      return respond(String(page), { ...headers, 'Noonmark-Time': noonmarkTime(answer.value) });
    }
    c.set('refusal', answer.reason);
    return respond(String(await renderNoTime(answer.detail ?? '', origin)), headers, 503);
  };
