/** What the documents name exists: files, links, and the commands of package.json. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/root.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const named = (path: string, pattern: RegExp): string[] => [
  ...new Set([...read(path).matchAll(pattern)].map(([, name]) => name ?? '')),
];

const DOCUMENTS = globSync(['*.md', 'contract/*.md', 'docs/*.md'], { cwd: ROOT }).sort();

/** As GitHub makes anchors of headings: letters, digits and hyphens stay, a space is a hyphen. */
const anchorsOf = (path: string): string[] =>
  [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

it('are found', () => {
  expect(DOCUMENTS).toEqual(expect.arrayContaining(['README.md', 'contract/README.md', 'docs/gateway.md']));
});

describe.each(DOCUMENTS)('%s', (path) => {
  it('names files that exist', () => {
    const files = named(path, /`(\w[\w/.-]*\.(?:ts|toml|json))`/g);
    const places = [ROOT, join(ROOT, 'ntp-gateway'), join(ROOT, dirname(path))];
    const made = ['noonmark.toml', 'oscillator.json', 'system-clock.json']; // by who reads it, and by what runs there
    expect(
      files.filter((file) => !made.includes(file) && !places.some((place) => existsSync(join(place, file)))),
    ).toEqual([]);
  });

  it('links to what exists, and to headings that are there', () => {
    const links = named(path, /\]\((?!https?:)([^)]+)\)/g);
    const isBroken = (link: string): boolean => {
      const [file, anchor] = link.split('#');
      const target = file ? join(dirname(path), file) : path;
      return !existsSync(join(ROOT, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    };
    expect(links.filter(isBroken)).toEqual([]);
  });

  it('names commands that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(named(path, /npm run ([\w:-]+)/g).filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

it('ARCHITECTURE.md shows a packet’s way through the files', () => {
  expect(named('ARCHITECTURE.md', /`([\w/.-]+\.ts)`/g).length).toBeGreaterThan(25);
});
