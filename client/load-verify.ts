/** Loads what checks signatures, where a key is pinned. */

type Verify = typeof import('./verify.ts');

let loading: Promise<Verify> | undefined;
let failures = 0;

/** Rejects where it could not be loaded; asked again, it tries again. */
export const loadVerify = (): Promise<Verify> => {
  loading ??= import('./verify.ts')
    .catch((error) => {
      if (failures++ === 0) throw error;
      return loadAgain();
    })
    .catch((error) => {
      loading = undefined;
      throw error;
    });
  return loading;
};

/** By another name: of a module that failed Chromium remembers that, for as long as the page is open. */
const loadAgain = (): Promise<Verify> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(`./verify.js?${failures}`, import.meta.url).href);
