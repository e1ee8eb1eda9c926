/** `GET /`: the time for people, and how far off this browser's clock is. */
import { timeAnswer } from '#contract/time-answer.ts';
import { renderNoTime, renderTime } from '../page/page.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { randomName } from '../random-name.ts';

/** Only what is in the page or comes from here, and from here nothing but `/clock.js` and `/time`. */
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
  ({ isolate, keeper }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const nonce = randomName();
    const { origin } = new URL(c.req.url);
    const answer = await isolate.time(keeper(c.env), (call) => c.executionCtx.waitUntil(call));
    c.header('Content-Security-Policy', contentSecurityPolicy(nonce));
    c.header('Referrer-Policy', 'no-referrer');
    if (answer.ok) return c.html(renderTime(timeAnswer(answer.value), origin, nonce));
    c.set('refusal', answer.reason);
    return c.html(renderNoTime(answer.detail ?? '', nonce), 503);
  };
