import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { startEdge } from '../../worker/local/edge.ts';
import { RFC8037 } from '../contract/example.ts';
import { type Child, startChild } from '../support/child.ts';
import { ROOT } from '../support/root.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { tellTime } from '../support/told-time.ts';
import { waitFor } from '../support/wait-for.ts';

const { x: X } = RFC8037.jwk;
const LISTENS = /^edge listens on (http:\/\/127\.0\.0\.1:\d+)\n$/;

const startCommand = (...args: readonly string[]): Promise<Child> =>
  startChild(process.execPath, [join(ROOT, 'worker/local.ts'), '--state-dir', makeTempDir(), ...args]);

describe('startEdge', () => {
  it('has an edge that answers, with the settings of wrangler.toml and those that go before them', async () => {
    const vars = { GATEWAY_KEYS: JSON.stringify({ 'gw-1': X }), PUBLIC_LOG: '7' };
    const edge = await startEdge({ port: 0, host: '127.0.0.1', stateDir: makeTempDir(), vars });
    try {
      const health = await fetch(`${edge.url}/health`);
      expect(health.status).toBe(503);
      expect(await (await fetch(`${edge.url}/.well-known/jwks.json`)).json()).toMatchObject({ keys: [{ x: X }] });
      expect(await (await fetch(`${edge.url}/samples?limit=8`)).json()).toMatchObject({
        detail: 'limit: expected 1 to 7',
      });
      const clock = await fetch(`${edge.url}/clock.js`);
      expect(clock.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      expect(clock.headers.get('timing-allow-origin')).toBe('*');
      expect(await clock.text()).toContain('export');
      const page = await fetch(`${edge.url}/openapi`);
      expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(await (await fetch(`${edge.url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' });
      // All that come through a proxy on this machine have one address: nobody is counted here.
      for (let asked = 0; asked < 130; asked++) expect((await fetch(`${edge.url}/samples`)).status).toBe(200);
    } finally {
      await edge.stop();
    }
    await expect(fetch(edge.url)).rejects.toThrow();
  });

  it.each([
    ['', 'false'],
    [', told by a copy', 'true'],
  ])('tells the time that a gateway has handed in, also after it was started anew%s', async (_how, REGIONAL_COPIES) => {
    const stateDir = makeTempDir();
    const oneMachine = { EDGE_SPREAD_MS: '0', OBJECT_LAG_MS: '0' };
    const vars = { ...oneMachine, GATEWAY_KEYS: JSON.stringify({ 'gw-1': RFC8037.jwk.x }), REGIONAL_COPIES };
    const hourMs = 3_600_000; // true time, as far as this edge is told
    const expectAnHourAhead = async (url: string) => {
      const answer = (await (await fetch(`${url}/time`)).json()) as TimeAnswer;
      expect(Math.abs(answer.unixMs - Date.now() - hourMs)).toBeLessThan(1_000);
      expect(answer.uncertaintyMs).toBeLessThan(250);
    };

    const edge = await startEdge({ port: 0, host: '127.0.0.1', stateDir, vars });
    await tellTime(edge.url, hourMs);
    await expectAnHourAhead(edge.url);
    await edge.stop();

    const again = await startEdge({ port: 0, host: '127.0.0.1', stateDir, vars });
    await expectAnHourAhead(again.url);
    await again.stop();
  });
});

describe('npm run edge', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('says where it listens, and stops at %s', async (signal) => {
    await using child = await startCommand('--port', '0');
    await waitFor('the line that says where it listens', () => LISTENS.test(child.said.stdout));
    const [, url = ''] = LISTENS.exec(child.said.stdout) ?? [];
    expect((await fetch(url)).status).toBe(503);
    process.kill(child.pid, signal);
    expect(await child.ended).toBe(0);
  });

  it.each([
    [['--port', '65536'], /'--port <number>'.+Expected 0 to 65535/],
    [['--var', 'QUORUM'], /'--var <NAME=VALUE>'.+Expected NAME=VALUE/],
    [['--var', 'QUORUM=none'], /^edge: Settings: QUORUM: expected a whole number from 1\n$/],
    [['--host', '192.0.2.1'], /^edge: cannot listen on 192\.0\.2\.1:8787: this host has no such address\n$/],
    [['--sing'], /unknown option/],
  ])('refuses %j with one line and exit 2', async (args, line) => {
    await using child = await startCommand(...args);
    expect(await child.ended).toBe(2);
    expect(child.said.stderr).toMatch(line);
    expect(child.said.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(child.said.stdout).toBe('');
  });

  it('refuses a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using child = await startCommand('--port', String(port));
    expect(await child.ended).toBe(2);
    expect(child.said.stderr).toBe(`edge: cannot listen on 127.0.0.1:${port}: the port is in use by another program\n`);
    server.close();
  });
});
