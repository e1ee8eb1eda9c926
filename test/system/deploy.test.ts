/** What wrangler makes of wrangler.toml. One file: each run writes the same assets. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HEADERS, NO_PAGE } from '../../worker/headers.ts';
import { type Child, startChild } from '../support/child.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { ROOT } from '../support/root.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

/** Of the free plan, as long as it had a limit of its own: 3 MiB, compressed. Ours is a tenth of it, so that an isolate starts at once. */
const MOST_KIB = 300;

const startWrangler = (...args: readonly string[]): Promise<Child> =>
  startChild(join(ROOT, 'node_modules/.bin/wrangler'), args, {
    env: {
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_LOG_PATH: makeTempDir(),
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      NO_COLOR: '1',
    },
  });

describe('wrangler deploy --dry-run', () => {
  it('builds all that Cloudflare would get, without an account, and says how much that is', async () => {
    await using child = await startWrangler('deploy', '--dry-run', '--outdir', makeTempDir());
    expect(await child.ended, child.said.stdout + child.said.stderr).toBe(0);
    expect(child.said.stdout).toMatch(/env\.TIMEKEEPER \(TimekeeperObject\)\s+Durable Object/);
    expect(child.said.stdout).toMatch(/env\.COPIES \(RegionalCopyObject\)\s+Durable Object/);
    expect(child.said.stdout).toMatch(/env\.ANSWER_LIMIT \(\d+ requests\/60s\)\s+Rate Limit/);
    expect(child.said.stdout).toMatch(/env\.CALL_LIMIT \(\d+ requests\/60s\)\s+Rate Limit/);
    expect(readFileSync(join(ROOT, '.build/assets/clock.js'), 'utf8')).toMatch(/export\s*\{[^}]*connect[^}]*\}/);

    const [sizes, compressed] = /^Total Upload: .+ \/ gzip: ([\d.]+) KiB$/m.exec(child.said.stdout) ?? [];
    console.log(sizes);
    expect(Number(compressed)).toBeLessThan(MOST_KIB);
  });

  it('gives what the platform serves by itself the headers that every other response has', () => {
    const said = readFileSync(join(ROOT, '.build/assets/_headers'), 'utf8');
    const everywhere = Object.entries(HEADERS).map(([name, value]) => `  ${name}: ${value}\n`);
    expect(said.startsWith(`/*\n${everywhere.join('')}`)).toBe(true);
    expect(said).toContain("/openapi\n  Content-Security-Policy: default-src 'none'; style-src 'self';");
    expect(readFileSync(join(ROOT, '.build/assets/openapi.json'), 'utf8')).toMatch(/^\{"openapi":"3\.1\.0"/);
  });
});

/** The platform's own server of assets stands in front of the Worker here, and its limiters are bound. */
describe('wrangler dev', () => {
  let child: Child;
  let origin: string;

  beforeAll(async () => {
    const port = await freeTcpPort();
    origin = `http://127.0.0.1:${port}`;
    const where = ['--ip', '127.0.0.1', '--port', `${port}`, '--inspector-port', '0', '--persist-to', makeTempDir()];
    child = await startWrangler('dev', ...where, '--show-interactive-dev-session=false');
    const answers = () =>
      fetch(`${origin}/health`)
        .then(({ status }) => status === 503)
        .catch(() => false);
    await waitFor('an edge', answers, 45_000).catch(({ message }: Error) => {
      throw new Error(`${message}\n${child.said.stdout}${child.said.stderr}`);
    });
  });
  afterAll(() => child.stop());

  it.each([
    ['/clock.js', "default-src 'none'; connect-src *; script-src 'self'"],
    ['/openapi.json', NO_PAGE],
    ['/openapi.css', NO_PAGE],
    ['/openapi', expect.stringMatching(/^default-src 'none'; style-src 'self'; [^,]+$/)],
    ['/time', NO_PAGE],
  ])('says the same of what the platform serves and of what the Worker does: %s', async (path, policy) => {
    const { headers } = await fetch(`${origin}${path}`);
    for (const [name, value] of Object.entries(HEADERS)) expect(headers.get(name), name).toBe(value);
    expect(headers.get('content-security-policy')).toEqual(policy);
  });

  it('counts callers by their address', async () => {
    const ask = (address: string) => fetch(`${origin}/samples`, { headers: { 'CF-Connecting-IP': address } });
    const statuses: number[] = [];
    // Twice what a minute allows, and one: a minute may begin meanwhile.
    while (statuses.length < 241 && statuses.at(-1) !== 429) statuses.push((await ask('192.0.2.1')).status);
    expect(statuses.slice(0, 120)).toEqual(Array(120).fill(200));
    expect(statuses.at(-1)).toBe(429);
    expect((await ask('192.0.2.2')).status).toBe(200);
  });
});
