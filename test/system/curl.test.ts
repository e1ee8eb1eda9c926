/** The recipes of docs/curl.md as they stand there, on hosts whose clock is wrong. Whatever they set, it is not this host's clock. */
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EDGE_JWK } from '../contract/example.ts';
import { runChild } from '../support/child.ts';
import { makeCommaLocale } from '../support/comma-locale.ts';
import { askTime, hostMs, startTestEdge } from '../support/edge.ts';
import { runFaked } from '../support/faked-shell.ts';
import { hostWrongBy, startToldEdge } from '../support/noonmark.ts';
import { findLibfaketime } from '../support/peers.ts';
import { readmeBlock } from '../support/readme-block.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const HOUR_MS = 3_600_000;
const keep = stopAfterAll();
let url: string;
beforeAll(async () => {
  url = (await keep(startToldEdge(HOUR_MS))).url;
});

const EXAMPLE = 'https://time.example.org';
const recipe = (name: string, edge: string): string => {
  const text = readmeBlock('docs/curl.md', name);
  expect(text).toContain(`${EXAMPLE}/time`);
  return text.replace(EXAMPLE, edge);
};
const follow = (name: string, edge: string, env: Readonly<Record<string, string>> = {}) =>
  runFaked(() => runChild('sh', ['-c', recipe(name, edge)], { env: { NO_PROXY: '*', ...env } }));

/** A date that is told to set the clock writes down what it was to be, and when. */
const fakeDate = () => {
  const folder = makeTempDir();
  const log = join(folder, 'set');
  const script = `#!/bin/sh
case " $* " in
*" -s "*) echo "$*" > ${log}; exec /bin/date +%s.%N >> ${log};;
*) exec /bin/date "$@";;
esac
`;
  writeFileSync(join(folder, 'date'), script);
  chmodSync(join(folder, 'date'), 0o755);
  return { log, env: { PATH: `${folder}:${process.env.PATH}` } };
};

/** Whatever is asked, it answers so. */
const startAnswering = async (body: string) => {
  const server = createServer((_, response) => {
    response
      .setHeader('Noonmark-Time', 'time=1795336200.123, earliest=1795336200.120, latest=1795336200.127')
      .end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
};

describe.skipIf(!findLibfaketime())('how far off a clock is, as docs/curl.md says', () => {
  it.each([
    ['right', {}, 0],
    ['5 min fast', () => hostWrongBy('+300s'), 300],
    ['a day slow', () => hostWrongBy('-86400s'), -86_400],
  ])('on a host that is %s', async (_what, env, aheadS) => {
    const { code, stdout, stderr } = await follow('offset', url, typeof env === 'function' ? env() : env);
    expect(code, stderr).toBe(0);
    const [, offset, bound] = /^([+-]\d+\.\d) ms ± (\d+\.\d) ms\n$/.exec(stdout) ?? [];
    expect(Math.abs(Number(offset) - (HOUR_MS - aheadS * 1_000)), stdout).toBeLessThanOrEqual(Number(bound));
  });
});

const comma = makeCommaLocale();
/** mawk, Debian's awk, left out what stands behind a point. */
const LOCALES = [
  ['where numbers have a point', {}],
  ...(comma ? [['where numbers have a comma', comma] as const] : []),
] as const;

it.each(LOCALES)('a bound is what docs/curl.md says, %s', async (_what, locale) => {
  const { code, stdout, stderr } = await follow('offset', url, locale);
  expect(code, stderr).toBe(0);
  const [, offset, bound] = /^([+-]\d+\.\d) ms ± (\d+\.\d) ms\n$/.exec(stdout) ?? [];
  expect(Math.abs(Number(offset) - HOUR_MS), stdout).toBeLessThanOrEqual(Number(bound));
});

describe('a clock that is set as docs/curl.md says', () => {
  it.each(LOCALES)('gets true time, %s', async (_what, locale) => {
    const { log, env } = fakeDate();
    const before = hostMs();
    const { code, stderr } = await follow('set-clock', url, { ...env, ...locale });
    expect(code, stderr).toBe(0);
    const [args = '', at = ''] = readFileSync(log, 'utf8').split('\n');
    const [, set = ''] = /^-u -s @(\d+\.\d{3})$/.exec(args) ?? [];
    const width = 2 * (await askTime(url))!.answer.uncertaintyMs + 1;
    expect(Number(set) * 1e3).toBeGreaterThan(before + HOUR_MS - width);
    expect(Number(set) * 1e3).toBeLessThan(Number(at) * 1e3 + HOUR_MS + width);
  });
});

describe.each(['offset', 'set-clock'])('%s', (name) => {
  it('does nothing and fails where the edge has no time, where that comes from no source, or where nobody answers', async () => {
    await using untold = await startTestEdge(EDGE_JWK.x);
    await using unsynchronized = await startAnswering('{"synchronized":false}');
    await using portal = await startAnswering('<h1>Please log in</h1>');
    for (const edge of [untold.url, unsynchronized.url, portal.url, 'http://127.0.0.1:9']) {
      const { log, env } = fakeDate();
      const { code, stdout } = await follow(name, edge, env);
      expect([code, stdout], edge).toEqual([1, '']);
      expect(() => readFileSync(log)).toThrow('ENOENT');
    }
  });
});
