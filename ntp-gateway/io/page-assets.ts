/**
 * What a browser loads of the page, made of status/page/. A checkout, which has esbuild, makes it at the first request;
 * pack.ts makes it for the package, which has not, and puts a file there in place of this one.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from './pages.ts';

export type PageAssets = Readonly<Record<'/' | '/page.js' | '/page.css', Page>>;

const folder = join(import.meta.dirname, '../status/page');

/** Itself, and this gateway's own words: what a source or an edge calls itself can load nothing, run nothing, send nothing. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const makePageAssets = async (): Promise<PageAssets> => {
  const html = await readFile(join(folder, 'page.html'), 'utf8');
  const [script, style] = await bundle();
  return {
    '/': { type: 'text/html; charset=utf-8', body: html, policy: POLICY },
    '/page.js': { type: 'text/javascript; charset=utf-8', body: script },
    '/page.css': { type: 'text/css; charset=utf-8', body: style },
  };
};

const bundle = async (): Promise<readonly [script: string, style: string]> => {
  const { build, stop } = await import('esbuild').catch((cause: unknown) => {
    throw new Error('esbuild is not installed, which makes the page here: npm install', { cause });
  });
  const { outputFiles } = await build({
    entryPoints: ['page.ts', 'page.css'],
    absWorkingDir: folder,
    outdir: '.',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    logLevel: 'silent', // what is wrong is thrown
  }).finally(stop); // a process of its own, which would stay
  const textOf = (name: string): string => outputFiles.find(({ path }) => path.endsWith(name))!.text;
  return [textOf('.js'), textOf('.css')];
};
