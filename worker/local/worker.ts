/** The Worker as it runs on this machine: with `/clock.js`, which on Cloudflare is a static asset in front of it. */
import { respond } from '../headers.ts';
import edge from '../index.ts';
import type { Bindings } from '../ports.ts';

export { TimekeeperObject } from '../index.ts';

/** Put in by the bundler. */
declare const CLOCK_JS: string;

export default {
  fetch: (request, env, context) => {
    if (new URL(request.url).pathname !== '/clock.js') return edge.fetch(request, env, context);
    return respond(CLOCK_JS, { 'Content-Type': 'text/javascript; charset=utf-8' });
  },
} satisfies ExportedHandler<Bindings>;
