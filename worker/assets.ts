/** What is served beside the Worker: on Cloudflare as static assets, free of charge; on this machine by `local/worker.ts`. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { NO_PAGE } from './headers.ts';
import { openApi } from './openapi/document.ts';
import { DOCUMENT_STYLE, renderDocument } from './openapi/page.ts';
import { PAGE_STYLE } from './page/style.ts';

export type Asset = {
  readonly file: string;
  readonly type: string;
  /** `Content-Security-Policy`. The other headers are those that every response has. */
  readonly policy: string;
  readonly body: string;
};

/** One page, one stylesheet: nothing else is loaded, and nothing is run. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Where a worker is made of it, the policy is that worker's own. */
const SCRIPT = {
  type: 'text/javascript; charset=utf-8',
  policy: "default-src 'none'; connect-src *; script-src 'self'",
};

const root = join(import.meta.dirname, '..');

/** By the path at which each is served: the platform leaves `.html` away. */
export const makeAssets = async (): Promise<Readonly<Record<string, Asset>>> => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const document = openApi(version);
  const page = String(await renderDocument(document));
  const scripts = await bundleClient();
  const json = JSON.stringify(document);
  return {
    ...Object.fromEntries(scripts.map(({ file, body }) => [`/${file}`, { file, ...SCRIPT, body }])),
    '/openapi.json': { file: 'openapi.json', type: 'application/json', policy: NO_PAGE, body: json },
    '/openapi': { file: 'openapi.html', type: 'text/html; charset=utf-8', policy: PAGE_POLICY, body: page },
    '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8', policy: NO_PAGE, body: await bundleStyle() },
    '/openapi.css': { file: 'openapi.css', type: 'text/css; charset=utf-8', policy: NO_PAGE, body: DOCUMENT_STYLE },
  };
};

type Script = { readonly file: string; readonly body: string };

/** `clock.js` for any page and, apart, what it loads only where a key is pinned; and what the page at `/` does with it. */
const bundleClient = async (): Promise<readonly Script[]> => [
  ...(await bundle({ clock: 'client/connect.ts', verify: 'client/verify.ts' })),
  ...(await bundle({ page: 'client/page/page.ts' }, [besideClock])),
];

/** The page loads the same `/clock.js` as everybody. */
const besideClock: Plugin = {
  name: 'beside-clock',
  setup: ({ onResolve }) => onResolve({ filter: /\/connect\.ts$/ }, () => ({ path: '/clock.js', external: true })),
};

/** With what uPlot needs of its own. */
const bundleStyle = async (): Promise<string> => {
  const contents = `@import 'uplot/dist/uPlot.min.css';${PAGE_STYLE}`;
  const { outputFiles } = await build({
    stdin: { contents, loader: 'css', resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
};

const bundle = async (
  entryPoints: Readonly<Record<string, string>>,
  plugins: Plugin[] = [],
): Promise<readonly Script[]> => {
  const { outputFiles } = await build({
    entryPoints,
    plugins,
    absWorkingDir: root,
    outdir: '.',
    chunkNames: 'shared-[hash]',
    splitting: true,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent', // what is wrong is thrown
  });
  return outputFiles.map(({ path, text }) => ({ file: basename(path), body: text }));
};
