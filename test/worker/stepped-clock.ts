/** The Worker on a clock that a test steps: `POST /step` with so many ms. */
import edge from '../../worker/local/worker.ts';

export { RegionalCopyObject, TimekeeperObject } from '../../worker/local/worker.ts';

const { now } = Date;
let ahead = 0;
Date.now = () => now() + ahead;

export default {
  fetch: async (request, env, context) => {
    if (new URL(request.url).pathname !== '/step') return edge.fetch(request, env, context);
    ahead = Number(await request.text());
    return new Response();
  },
} satisfies typeof edge;
