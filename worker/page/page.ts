/** The page at `/` as HTML. It says all that it can without a script; the script adds what only the browser can know. */
import { html, raw } from 'hono/html';
import type { TimeAnswer } from '#contract/time-answer.ts';

type Html = ReturnType<typeof html>;

const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='5' fill='%23b4540a'/></svg>";

const LEAP = {
  none: 'none announced',
  insert: 'one is inserted at the end of this month',
  delete: 'one is left out at the end of this month',
} as const;

export const renderTime = (answer: TimeAnswer, origin: string): Html =>
  layout(
    origin,
    html`<p class="now"><time id="now" datetime="${answer.time}">${answer.time.slice(11, 19)}</time><span id="tenths" aria-hidden="true"></span></p>
      <p class="under"><span id="date">${answer.time.slice(0, 10)}</span><span id="certainty">, UTC, certain to within <span id="bound">${answer.uncertaintyMs} ms</span></span></p>
      ${answer.synchronized ? '' : html`<p class="warning">Not synchronized: the gateway reaches no time source and repeats its own clock.</p>`}`,
    facts(answer),
  );

/** The script tries on. @param why - for people. */
export const renderNoTime = (why: string, origin: string): Html =>
  layout(
    origin,
    html`<p class="now"><time id="now">––:––:––</time><span id="tenths" aria-hidden="true"></span></p>
      <p class="under"><span id="date">Not known</span><span id="certainty" hidden>, UTC, certain to within <span id="bound"></span></span></p>
      <p class="warning untold">As this page was made, the time was not known well enough to tell it: ${why}.</p>`,
  );

const facts = (answer: TimeAnswer): Html => html`<section aria-labelledby="made">
        <h2 id="made">As this page was made</h2>
        <dl>
          <dt>True time was after</dt><dd>${answer.earliest.slice(11)}</dd>
          <dt>and before</dt><dd>${answer.latest.slice(11)}</dd>
          <dt>Gateway</dt><dd>${answer.gateway}, heard ${(answer.sampleAgeMs / 1000).toFixed(1)} s before</dd>
          <dt>Stratum</dt><dd>${answer.stratum}</dd>
          <dt>Leap second</dt><dd>${LEAP[answer.leap]}</dd>
          ${answer.taiOffsetSeconds === null ? '' : html`<dt>TAI − UTC</dt><dd>${answer.taiOffsetSeconds} s</dd>`}
        </dl>
      </section>`;

const snippet = (
  id: string,
  title: string,
  code: Html | string,
): Html => html`<div class="snippet"><h3>${title}</h3><button type="button" class="copy" data-copies="${id}" hidden>Copy<span class="unseen"> what is for ${title}</span></button></div>
        <pre><code id="${id}">${code}</code></pre>`;

const asking = (origin: string): Html => html`<section aria-labelledby="ask">
        <h2 id="ask">Ask for it yourself</h2>
        ${snippet('for-curl', 'curl', `curl -s ${origin}/time\ncurl -s '${origin}/time?format=text'`)}
        ${snippet(
          'for-javascript',
          'JavaScript',
          `import { connect } from '${origin}/clock.js';\nconst clock = await connect('${origin}');\nclock.now(); // { earliest, time, latest }`,
        )}
        ${snippet(
          'for-chrony',
          'chrony, on a host that no UDP reaches',
          `# in chrony.conf; noonmark feed prints the line with the delay that it measures\nrefclock SOCK /run/chrony/noonmark.sock refid NOON poll 4 filter 1 precision 1e-3 delay 0.6\n# beside chronyd\nnoonmark feed --url ${origin} --sock /run/chrony/noonmark.sock`,
        )}
        ${snippet('for-gateway', 'noonmark-gateway, for a LAN that no UDP reaches', html`[[source]]\nhttps = "${origin}"\ngateway_key = "<span id="key-for-gateway">…</span>"`)}
      </section>`;

const DEVICE = html`<section aria-labelledby="device" class="wide">
        <h2 id="device">The clock of this device</h2>
        <p class="skew" id="skew">–</p>
        <p class="under" id="skew-bound"><noscript>This needs JavaScript; the time above, as the page was made, does not.</noscript></p>
        <div id="pictures"><figure>
          <figcaption>Its error, <span id="counted-from">in ms</span></figcaption>
          <div id="band" role="img" aria-label="Picture of this device’s error over time"></div>
        </figure>
        <figure>
          <figcaption>Round trips to this edge, in ms</figcaption>
          <div id="trips" role="img" aria-label="Picture of the round trips"></div>
        </figure></div>
      </section>`;

const VOUCHING = html`<section aria-labelledby="who">
        <h2 id="who">Who vouches for it</h2>
        <ol id="links"></ol>
        <form id="pin">
          <label for="key">A gateway’s key, to verify each answer by</label>
          <div class="row">
            <input id="key" name="key" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="pin-state">
            <button>Pin</button>
            <button type="button" id="unpin" hidden>Forget</button>
          </div>
          <p id="pin-state" class="under" role="status">43 letters, as noonmark-gateway keys prints it.</p>
        </form>
      </section>`;

const layout = (origin: string, face: Html, more: Html | string = ''): Html => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>noonmark: the time, and how well it is known</title>
    <link rel="icon" href="${raw(ICON)}">
    <link rel="stylesheet" href="/page.css">
    <link rel="modulepreload" href="/clock.js">
    <script type="module" src="/page.js"></script>
  </head>
  <body>
    <header><h1>noonmark</h1><span>${new URL(origin).host}</span></header>
    <main>
      <section aria-label="The time" class="wide face">
        ${face}
        <p id="status" role="status"></p>
      </section>
      ${DEVICE}
      <div class="column">
        ${VOUCHING}
        ${more}
      </div>
      ${asking(origin)}
    </main>
    <footer><nav aria-label="More of this edge"><a href="/time">/time</a> <a href="/samples">/samples</a> <a href="/health">/health</a> <a href="/.well-known/jwks.json">keys</a> <a href="/openapi">all requests</a></nav></footer>
  </body>
</html>`;
