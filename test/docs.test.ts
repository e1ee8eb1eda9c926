/** What the documents name exists: files, links, and the commands of package.json. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/root.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const named = (path: string, pattern: RegExp): string[] => [
  ...new Set([...read(path).matchAll(pattern)].map(([, name]) => name ?? '')),
];

const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'DECISIONS.md',
  'CHANGELOG.md',
  'contract/README.md',
  'docs/accuracy.md',
  'docs/browser.md',
  'docs/curl.md',
  'docs/deploy.md',
  'docs/edge.md',
  'docs/http.md',
  'docs/island.md',
  'docs/noonmark.md',
  'docs/nts.md',
  'docs/openstack.md',
  'docs/scale.md',
  'docs/server.md',
  'docs/verify.md',
];

describe.each(DOCUMENTS)('%s', (path) => {
  it('names files that exist', () => {
    const files = named(path, /`(\w[\w/.-]*\.(?:ts|toml|json))`/g);
    const places = [ROOT, join(ROOT, 'ntp-gateway'), join(ROOT, dirname(path))];
    const made = ['noonmark.toml']; // by who reads it
    expect(
      files.filter((file) => !made.includes(file) && !places.some((place) => existsSync(join(place, file)))),
    ).toEqual([]);
  });

  it('links to what exists', () => {
    const links = named(path, /\]\((?!https?:)([^)#]+)\)/g);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([]);
  });

  it('names commands that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(named(path, /npm run ([\w:-]+)/g).filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

it('ARCHITECTURE.md shows a packet’s way through the files', () => {
  expect(named('ARCHITECTURE.md', /`([\w/.-]+\.ts)`/g).length).toBeGreaterThan(25);
});
