/** The page at `/` as HTML. It says all that it can without a script; the script adds what only the browser can know. */
import { html, raw } from 'hono/html';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { STYLE } from './style.ts';

type Html = ReturnType<typeof html>;

const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='5' fill='%23b4540a'/></svg>";

const LEAP = {
  none: 'none announced',
  insert: 'one is inserted at the end of this month',
  delete: 'one is left out at the end of this month',
} as const;

/** @param nonce - the one that the Content-Security-Policy names. */
export const renderTime = (answer: TimeAnswer, origin: string, nonce: string): Html =>
  layout(
    nonce,
    html`<p class="now"><time id="now" datetime="${answer.time}">${answer.time.slice(11, 19)}</time></p>
      <p class="under"><span id="date">${answer.time.slice(0, 10)}</span> UTC, within <span id="bound">${answer.uncertaintyMs} ms</span>
      ${answer.synchronized ? '' : html`<br>Not synchronized: the gateway reaches no time source and repeats its own clock.`}</p>
      <h2>The clock of this device</h2>
      <p class="skew" id="skew">–</p>
      <p class="under" id="skew-bound"><noscript>This needs JavaScript; all else here does not.</noscript></p>
      <h2>As this page was made</h2>
      <dl>
        <dt>True time was after</dt><dd>${answer.earliest.slice(11)}</dd>
        <dt>and before</dt><dd>${answer.latest.slice(11)}</dd>
        <dt>Gateway</dt><dd>${answer.gateway}, heard ${(answer.sampleAgeMs / 1000).toFixed(1)} s before</dd>
        <dt>Stratum</dt><dd>${answer.stratum}</dd>
        <dt>Leap second</dt><dd>${LEAP[answer.leap]}</dd>
        ${answer.taiOffsetSeconds === null ? '' : html`<dt>TAI − UTC</dt><dd>${answer.taiOffsetSeconds} s</dd>`}
      </dl>
      <h2>Ask for it</h2>
      <pre>curl ${origin}/time
curl '${origin}/time?format=text'
curl -I ${origin}/time</pre>
      <script type="module" nonce="${nonce}">import { open } from '/clock.js'; import { showTime } from '/page.js'; showTime(document, open(location.href));</script>`,
  );

export const renderNoTime = (why: string, nonce: string): Html =>
  layout(
    nonce,
    html`<p class="now">––:––:––</p>
      <p class="under">The time is not known well enough to tell it: ${why}.</p>`,
  );

const layout = (nonce: string, content: Html): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>noonmark: the time, and how well it is known</title>
    <link rel="icon" href="${raw(ICON)}">
    <style nonce="${nonce}">${raw(STYLE)}</style>
  </head>
  <body>
    <main>
      <h1>noonmark</h1>
      ${content}
      <footer><a href="/time">/time</a> <a href="/samples">/samples</a> <a href="/health">/health</a> <a href="/.well-known/jwks.json">keys</a> <a href="/openapi">all requests</a></footer>
    </main>
  </body>
</html>`;
