/** `noonmark time`, `skew` and `audit`: of a real edge that is told the time, and of what else may stand in its place. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyId } from '#contract/jws.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { startTestEdge, type TestEdge } from '../support/edge.ts';
import { type FakeEdge, type Lies, startFakeEdge } from '../support/fake-edge.ts';
import { makeGatewayState, startGateway } from '../support/gateway.ts';
import { GATEWAY_ID } from '../support/gateway-config.ts';
import { runNoonmark } from '../support/noonmark.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR_MS = 3_600_000;
const keep = stopAfterAll();

describe.skipIf(!hasChronyd)('an edge an hour ahead of this host', () => {
  let edge: TestEdge;
  let key: string;
  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    key = await keyId(x);
    const chronyd = await keep(startChronyd({ shiftSeconds: HOUR_MS / 1e3 }));
    edge = await keep(startTestEdge(x));
    await keep(startGateway({ stateDir, sources: [chronyd], publish: [edge.url] }));
    await waitFor('a signed answer', async () => (await fetch(`${edge.url}/time?format=jws`)).ok);
  });

  it('tells the time to a person, and who vouches for it', async () => {
    const plain = await runNoonmark(['time', edge.url]);
    expect(plain.stdout, plain.stderr).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z ± [\d.]+ m?s$/m);
    expect(plain.stdout).toMatch(/^this host {3}(1 h 0|59 min 59)\.\d+ s slow ± [\d.]+ m?s$/m);
    expect(plain.stdout).toMatch(/^vouched by {2}nobody: plain HTTP; --gateway-key has answers verified$/m);
    expect(plain.code).toBe(0);
    const verified = await runNoonmark(['time', '--gateway-key', key], { env: { NOONMARK_URL: edge.url } });
    expect(verified.stdout, verified.stderr).toContain(`vouched by  the gateway with key ${key}\n`);
    expect(verified.stdout).toContain(`sources     by way of ${GATEWAY_ID}, stratum 5\n`);
    expect(verified.code).toBe(0);
  });

  it('tells it to a program', async () => {
    const before = Date.now() + HOUR_MS;
    const { stdout, stderr, code } = await runNoonmark(['time', edge.url, '--json', '--gateway-key', key]);
    const after = Date.now() + HOUR_MS;
    const told = JSON.parse(stdout || `"${stderr}"`);
    expect(told).toMatchObject({
      synchronized: true,
      verified: { key, gateway: GATEWAY_ID, stratum: 5, leap: 'none' },
      edge: edge.url,
      security: 'none',
      exchanges: 4,
    });
    expect(told.earliestUnixMs).toBeLessThanOrEqual(after);
    expect(told.latestUnixMs).toBeGreaterThanOrEqual(before);
    expect(Date.parse(told.time)).toBe(Math.floor(told.unixMs));
    expect(told.thisHost.leastOffsetMs).toBeLessThanOrEqual(HOUR_MS + 1);
    expect(told.thisHost.mostOffsetMs).toBeGreaterThanOrEqual(HOUR_MS - 1);
    expect(code).toBe(0);
  });

  it('is critical to monitoring, and good where two hours are', async () => {
    const critical = await runNoonmark(['skew', edge.url]);
    expect(critical.stdout, critical.stderr).toMatch(
      /^NOONMARK CRITICAL - this host is (1 h 0|59 min 59)\.\d+ s slow ± [\d.]+ m?s, by http:\S+ \| offset=3(600|599)\.\d{6}s;-0\.1:0\.1;-1:1 bound=[\d.]+s;;;0\n$/,
    );
    expect(critical.code).toBe(2);
    const warning = await runNoonmark(['skew', edge.url, '--crit', '2h', '--json', '--gateway-key', key]);
    expect(JSON.parse(warning.stdout)).toMatchObject({ state: 'WARNING', synchronized: true, verified: true });
    expect(warning.code).toBe(1);
    expect(await runNoonmark(['skew', edge.url, '--warn', '2h', '--crit', '2h'])).toMatchObject({ code: 0 });
  });

  it('contradicts one that is not ahead', async () => {
    await using other = await startFakeEdge();
    const { code, stdout } = await runNoonmark(['audit', edge.url, other.origin, '--json']);
    const { agree, spreadMs, edges } = JSON.parse(stdout);
    expect({ agree, code }).toEqual({ agree: false, code: 1 });
    expect(Math.abs(spreadMs - HOUR_MS)).toBeLessThan(1_000);
    expect(edges).toMatchObject([{ contradicts: [other.origin] }, { contradicts: [edge.url] }]);
  });
});

describe('edges side by side', { concurrent: true }, () => {
  const audit = async (lies: readonly Lies[], ...args: readonly string[]) => {
    const edges = await Promise.all(lies.map((one) => startFakeEdge(one)));
    const ran = await runNoonmark(['audit', ...edges.map(({ origin }) => origin), ...args]);
    for (const edge of edges) await edge[Symbol.asyncDispose]();
    const steady = edges.reduce((text, { origin }, place) => text.replaceAll(origin, `EDGE${place}`), ran.stdout);
    return {
      ...ran,
      stdout: steady.replace(/\S+ m?s (slow|fast) ± \S+ ms/g, 'SKEW').replace(/[\d.]+ m?s apart/, 'SPREAD apart'),
    };
  };

  it('agree', async () => {
    const { code, stdout } = await audit([{}, { shiftMs: 3 }]);
    expect(stdout).toBe(
      'EDGE0  this host is SKEW\nEDGE1  this host is SKEW\nno two of 2 contradict each other; their best guesses are SPREAD apart\n',
    );
    expect(code).toBe(0);
  });

  it('contradict each other, each named', async () => {
    const { code, stdout } = await audit([{}, { shiftMs: 900 }, { synchronized: false, uncertaintyMs: 1_000 }]);
    const [first, second, third, summary] = stdout.split('\n');
    expect([first, second]).toEqual([
      'EDGE0  this host is SKEW; contradicts EDGE1',
      'EDGE1  this host is SKEW; contradicts EDGE0',
    ]);
    expect(third).toMatch(/^EDGE2 {2}this host is .*; not synchronized$/);
    expect(summary).toBe('not all can be true; their best guesses are SPREAD apart');
    expect(code).toBe(1);
  });

  it('are asked by each address, where that is wanted', async () => {
    await using one = await startFakeEdge();
    await using other = await startFakeEdge({ shiftMs: HOUR_MS });
    const urls = [one, other].map(({ origin }) => origin.replace('127.0.0.1', 'localhost'));
    const { code, stdout } = await runNoonmark(['audit', ...urls, '--all-addresses', '--json']);
    const told: { edge: string; contradicts?: unknown }[] = JSON.parse(stdout).edges;
    const names = urls.map((url) => `${url} at 127.0.0.1`);
    expect(told.filter(({ contradicts }) => contradicts)).toMatchObject([
      { edge: names[0], contradicts: [names[1]] },
      { edge: names[1], contradicts: [names[0]] },
    ]);
    expect(code).toBe(1);
  });

  it('raise no floor, whatever they tell', async () => {
    await using edge = await startFakeEdge({ shiftMs: 3 * HOUR_MS });
    const state = { env: { XDG_STATE_HOME: makeTempDir() } };
    const key = ['--gateway-key', edge.gatewayKey];
    expect(await runNoonmark(['audit', edge.origin, edge.origin, ...key], state)).toMatchObject({ code: 0 });
    edge.lies = {};
    expect(await runNoonmark(['time', edge.origin, ...key], state)).toMatchObject({ code: 0 });
  });

  it('are those of NOONMARK_URL where none is named', async () => {
    await using edge = await startFakeEdge();
    const { code, stdout } = await runNoonmark(['audit'], { env: { NOONMARK_URL: edge.origin } });
    expect(stdout).toMatch(/^http:\S+ {2}this host is .*\n1 of 1 answered: nothing to compare; name another edge\n$/);
    expect(code).toBe(3);
  });

  it('are too few where one answers', async () => {
    const gone: NonNullable<Lies['instead']> = ({ socket }) => !socket.destroy().connecting;
    const { code, stdout } = await audit([{}, { instead: gone }]);
    expect(stdout).toBe(
      'EDGE0  this host is SKEW\nEDGE1  unreachable (ECONNRESET): no answer comes from there\n1 of 2 answered: nothing to compare\n',
    );
    expect(code).toBe(3);
  });
});

describe('what is no edge, or no honest one', { concurrent: true }, () => {
  const time = async (lies: Lies, args: (edge: FakeEdge) => readonly string[] = () => []) => {
    await using edge = await startFakeEdge(lies);
    const { code, stdout, stderr } = await runNoonmark(['time', edge.origin, '--json', ...args(edge)]);
    const { refusal, detail } = JSON.parse(stdout || '{}');
    return { code, refusal, detail, stderr: stderr.replace(edge.origin, 'EDGE') };
  };
  const answering =
    (answer: (response: ServerResponse) => unknown): NonNullable<Lies['instead']> =>
    (_request: IncomingMessage, response) => {
      answer(response);
      return true;
    };
  const json = (body: string) =>
    answering((response) => response.setHeader('Content-Type', 'application/json').end(body));
  const problem = (status: number) =>
    answering((response) => response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end('{}'));

  it.each<{ what: string; lies: Lies; word: string; detail?: string; code: number }>([
    {
      what: 'a portal that wants a login',
      lies: {
        instead: answering((response) => response.setHeader('Content-Type', 'text/html').end('<h1>Log in</h1>')),
      },
      word: 'not-an-edge',
      detail: 'HTTP 200 and a page',
      code: 3,
    },
    {
      what: 'a portal that sends callers elsewhere',
      lies: {
        instead: answering((response) => response.writeHead(302, { Location: 'http://login.example/?é' }).end()),
      },
      word: 'redirected',
      detail: 'http://login.example',
      code: 3,
    },
    {
      what: 'a proxy’s memory',
      lies: { instead: answering((response) => response.setHeader('Age', 17).end()) },
      word: 'cached',
      detail: 'for 17 s',
      code: 3,
    },
    { what: 'an edge without time', lies: { instead: problem(503) }, word: 'no-time', code: 3 },
    { what: 'an edge that was asked too often', lies: { instead: problem(429) }, word: 'too-many-requests', code: 3 },
    { what: 'JSON of another shape', lies: { instead: json('{"time":"\\u001b[31m"}') }, word: 'malformed', code: 1 },
    { what: 'half of a JSON', lies: { instead: json('{"unixMs":') }, word: 'malformed', code: 1 },
    {
      what: 'a time that no date can hold',
      lies: { instead: json('{"earliestUnixMs":1e300,"unixMs":1e300,"latestUnixMs":1e300,"synchronized":true}') },
      word: 'malformed',
      code: 1,
    },
    { what: 'an answer without end', lies: { instead: json('x'.repeat(70_000)) }, word: 'too-long', code: 3 },
    { what: 'another question’s answer', lies: { nonce: 'bm9vbm1hcmstbm9uY2U' }, word: 'wrong-nonce', code: 1 },
    { what: 'a time from before this was written', lies: { shiftMs: -400 * 86_400_000 }, word: 'went-back', code: 1 },
    { what: 'a server that answers in the end', lies: { instead: answering(() => {}) }, word: 'timeout', code: 3 },
  ])('$what: $word', async ({ lies, word, detail, code }) => {
    const told = await time(lies, () => (word === 'timeout' ? ['--timeout', '500ms'] : []));
    expect(told).toMatchObject({ refusal: word, code, ...(detail !== undefined && { detail }) });
    expect(told.stderr).toMatch(new RegExp(`^noonmark: EDGE: ${word}[ -~’]*\n$`));
  });

  it('is not asked for more once a pinned gateway does not vouch for it', async () => {
    const told = await time({ signer: 'stranger' }, ({ gatewayKey }) => ['--gateway-key', gatewayKey]);
    expect(told).toMatchObject({ refusal: 'unknown-key', code: 1 });
  });

  it('is told from the next time on, where it goes back behind what was verified', async () => {
    await using edge = await startFakeEdge({ shiftMs: 3 * HOUR_MS });
    const state = { env: { XDG_STATE_HOME: makeTempDir() } };
    const again = () => runNoonmark(['time', edge.origin, '--gateway-key', edge.gatewayKey], state);
    expect(await again()).toMatchObject({ code: 0 });
    edge.lies = {};
    const { code, stderr } = await again();
    expect(stderr).toContain('went-back');
    expect(code).toBe(1);
  });

  it('says that it is not synchronized, which monitoring does not take for a time', async () => {
    await using edge = await startFakeEdge({ synchronized: false });
    const { code, stdout } = await runNoonmark(['time', edge.origin]);
    expect(stdout).toMatch(/^not synchronized: the edge repeats the clock of a gateway that no source answers$/m);
    expect(code).toBe(0);
    const skew = await runNoonmark(['skew', edge.origin]);
    expect(skew.stdout).toBe(`NOONMARK UNKNOWN - ${edge.origin} is not synchronized\n`);
    expect(skew.code).toBe(3);
  });

  it('is unknown to monitoring', async () => {
    const { code, stdout } = await runNoonmark(['skew', 'http://127.0.0.1:1']);
    expect(stdout).toBe(
      'NOONMARK UNKNOWN - http://127.0.0.1:1: unreachable (ECONNREFUSED): nothing listens there, or at the proxy where one is set; is the port right?\n',
    );
    expect(code).toBe(3);
  });
});
