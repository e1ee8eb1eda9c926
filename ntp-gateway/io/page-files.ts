/** Serves what a browser loads of the page; made, or read, when somebody first wants it. */
import { extname } from 'node:path';
import type { makePageAssets, PageAssets } from './page-assets.ts';
import type { Pages } from './pages.ts';

/** Beside this one: of TypeScript here, and what pack.ts has made of it in the package. */
const ASSETS = new URL(`./page-assets${extname(import.meta.url)}`, import.meta.url);

export const pageFiles = (): Pages => {
  let made: Promise<PageAssets> | undefined;
  const make = async (): Promise<PageAssets> => {
    const module = (await import(ASSETS.href)) as { readonly makePageAssets: typeof makePageAssets };
    return module.makePageAssets();
  };
  const file = (path: keyof PageAssets) => async () => {
    made ??= make().catch((error: unknown) => {
      made = undefined; // another time it may be there
      throw error;
    });
    return (await made)[path];
  };
  return { '/': file('/'), '/page.js': file('/page.js'), '/page.css': file('/page.css') };
};
