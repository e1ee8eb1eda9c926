/** What browsers load, and how much of it. */
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { makeAssets } from '../worker/assets.ts';

const assets = await makeAssets();
const bodyOf = (path: string): string => assets[path]?.body ?? '';
const imports = (path: string, pattern: RegExp): string[] =>
  [...bodyOf(path).matchAll(pattern)].map(([, to = '']) => new URL(to, `https://x${path}`).pathname);

/** What is loaded with it, itself included. */
const loadedWith = (path: string): ReadonlySet<string> => {
  const loaded = new Set([path]);
  for (const one of loaded) for (const next of imports(one, /\b(?:from|import)\s*"([^"]+)"/g)) loaded.add(next);
  return loaded;
};
const gzipped = (paths: ReadonlySet<string>): number =>
  [...paths].reduce((sum, path) => sum + gzipSync(bodyOf(path)).length, 0);

it('/clock.js is below 6 kB, and loads what verifies signatures only when it is asked to', () => {
  const loaded = loadedWith('/clock.js');
  for (const path of loaded) expect(bodyOf(path), path).not.toBe('');
  expect(gzipped(loaded)).toBeLessThan(6_000);
  expect(loaded).not.toContain('/verify.js');
  expect(imports('/clock.js', /\bimport\("([^"]+)"\)/g)).toEqual(['/verify.js']);
  expect(bodyOf('/verify.js')).toContain('time-answer+jws');
  for (const path of loaded) expect(bodyOf(path)).not.toContain('time-answer+jws');
});

it('/clock.js exports what docs/browser.md shows', () => {
  const [, exported = ''] = /export\s*\{([^}]*)\}/.exec(bodyOf('/clock.js')) ?? [];
  expect(exported.split(',').map((name) => name.split(' as ').at(-1))).toEqual(['NoTime', 'connect', 'open']);
});
