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

it('README.md leads to every page, and names each benchmark beside its table', () => {
  const links = named('README.md', /\]\(([^)#]+)/g);
  expect(globSync('docs/*.md', { cwd: ROOT }).filter((page) => !links.includes(page))).toEqual([]);
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const benchmarks = Object.keys(scripts).filter((name) => /^bench\b/.test(name));
  expect(benchmarks.length).toBeGreaterThan(5);
  const index = /\| table \| printed by \|\n[\s\S]*?\n\n/.exec(read('README.md'))?.[0] ?? '';
  expect(benchmarks.filter((name) => !new RegExp(`\`(npm run )?${name}\\b(?!:)`).test(index))).toEqual([]);
});

/** As machine.ts in test/bench prints it. */
const MEASURED = /```\n\d+ cores \(/;
it.each(DOCUMENTS.filter((path) => MEASURED.test(read(path))))(
  '%s says when it was measured, and by which command',
  (path) => {
    expect(read(path)).toMatch(/\b\d{1,2} [A-Z][a-z]+ 20\d\d\b/);
    expect(read(path)).toMatch(/npm run bench:/);
  },
);

/** Of chrony.conf(5), to version 4.6. */
const CHRONY =
  `acquisitionport allow authselectmode bindacqaddress bindacqdevice bindaddress bindcmdaddress bindcmddevice binddevice
broadcast clientloglimit clockprecision cmdallow cmddeny cmdport cmdratelimit combinelimit confdir corrtimeratio deny driftfile dscp
dumpdir fallbackdrift hwclockfile hwtimestamp include initstepslew keyfile leapseclist leapsecmode leapsectz local lock_all log logbanner
logchange logdir mailonchange makestep manual maxchange maxclockerror maxdistance maxdrift maxjitter maxntsconnections maxsamples
maxslewrate maxupdateskew minsamples minsources nocerttimecheck noclientlog nosystemcert ntpsigndsocket ntsdumpdir ntsntpserver ntsport
ntsprocesses ntsratelimit ntsrefresh ntsrotate ntsservercert ntsserverkey ntstrustedcerts peer pidfile pool port ptpport ratelimit
refclock refresh reselectdist rtcautotrim rtcdevice rtcfile rtconutc rtcsync sched_priority server smoothtime sourcedir stratumweight
tempcomp user`.split(/\s+/);

it('docs/chrony.md has each directive of chrony.conf', () => {
  const [, table = ''] = /## From chrony\.conf\n([\s\S]*?)\n## /.exec(read('docs/chrony.md')) ?? [];
  const theirs = [...table.matchAll(/^\| (.*?) \|/gm)].map(([, cell]) => cell).join(' ');
  expect(CHRONY.filter((name) => !new RegExp(`\`(\\w+ )*${name}\\b`).test(theirs))).toEqual([]);
});

it('docs/deploy.md has each word that publishing can end in', () => {
  const [, refusals = ''] = /\n## POST \/samples\n([\s\S]*?)\n## /.exec(read('docs/http-reference.md')) ?? [];
  const theirs = [...refusals.matchAll(/`([a-z-]+)`: /g)].map(([, word = '']) => word);
  expect(theirs).toContain('wrong-audience');
  const ours = ['waiting', 'unreachable', 'unsynchronized', 'too-many-hops', 'malformed', 'wrong-sample'];
  const [, table = ''] = /\| word \| why \|\n([\s\S]*?)\n\n/.exec(read('docs/deploy.md')) ?? [];
  const tooLarge = 'too-large'; // samples of gateways are never so large
  expect([...theirs, ...ours].filter((word) => word !== tooLarge && !table.includes(`\`${word}\``))).toEqual([]);
});

it('ARCHITECTURE.md shows a packet’s way through the files', () => {
  expect(named('ARCHITECTURE.md', /`([\w/.-]+\.ts)`/g).length).toBeGreaterThan(25);
});

it('docs/operation.md builds the image that compose.yaml runs, whatever its configuration says', () => {
  const [, tag] = /docker build --tag (\S+) \./.exec(read('docs/operation.md')) ?? [];
  expect(read('compose.yaml')).toContain(`\n    image: ${tag}\n`);
  expect(read('.dockerignore').split('\n')).toContain('noonmark.toml');
});
