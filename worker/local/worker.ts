/** The Worker as it runs on this machine: with what on Cloudflare are static assets in front of it. */
import { respond } from '../headers.ts';
import edge from '../index.ts';
import type { Bindings } from '../ports.ts';

export { RegionalCopyObject, TimekeeperObject } from '../index.ts';

/** Those of `assets.ts`, by path. Put in by the bundler. */
declare const ASSETS: Readonly<
  Record<string, { readonly type: string; readonly policy: string; readonly body: string }>
>;
const assets = new Map(Object.entries(ASSETS));

export default {
  fetch: (request, env, context) => {
    const asset = assets.get(new URL(request.url).pathname);
    return asset
      ? respond(asset.body, { 'Content-Type': asset.type, 'Content-Security-Policy': asset.policy })
      : edge.fetch(request, env, context);
  },
} satisfies ExportedHandler<Bindings>;
