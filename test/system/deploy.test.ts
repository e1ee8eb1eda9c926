import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HEADERS } from '../../worker/headers.ts';
import { startChild } from '../support/child.ts';
import { ROOT } from '../support/root.ts';
import { makeTempDir } from '../support/temp-dir.ts';

describe('wrangler deploy --dry-run', () => {
  it('builds all that Cloudflare would get, without an account', async () => {
    await using child = await startChild(
      join(ROOT, 'node_modules/.bin/wrangler'),
      ['deploy', '--dry-run', '--outdir', makeTempDir()],
      {
        env: { WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: makeTempDir(), NO_COLOR: '1' },
      },
    );
    expect(await child.ended, child.said.stdout + child.said.stderr).toBe(0);
    expect(child.said.stdout).toMatch(/env\.TIMEKEEPER \(TimekeeperObject\)\s+Durable Object/);
    expect(child.said.stdout).toMatch(/env\.ANSWER_LIMIT \(\d+ requests\/60s\)\s+Rate Limit/);
    expect(child.said.stdout).toMatch(/env\.CALL_LIMIT \(\d+ requests\/60s\)\s+Rate Limit/);
    expect(readFileSync(join(ROOT, '.build/assets/clock.js'), 'utf8')).toMatch(/export\s*\{[^}]*measureSkew[^}]*\}/);
  });

  it('gives what the platform serves by itself the headers that every other response has', () => {
    const said = readFileSync(join(ROOT, '.build/assets/_headers'), 'utf8');
    const everywhere = Object.entries(HEADERS).map(([name, value]) => `  ${name}: ${value}\n`);
    expect(said.startsWith(`/*\n${everywhere.join('')}`)).toBe(true);
    expect(said).toContain("/openapi\n  Content-Security-Policy: default-src 'none'; style-src 'self';");
    expect(readFileSync(join(ROOT, '.build/assets/openapi.json'), 'utf8')).toMatch(/^\{"openapi":"3\.1\.0"/);
  });
});
