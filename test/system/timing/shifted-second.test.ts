/** A second, end to end: an upstream five seconds ahead of this host is what our LAN and our callers hear. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Chronyd, hasChronyd, queryWithChronyd, startChronyd } from '../../support/chronyd.ts';
import { askPrecisely, expectTruth, hostMs, startTestEdge, type TestEdge } from '../../support/edge.ts';
import {
  type GatewayProcess,
  makeGatewayState,
  runGateway,
  startGateway,
  untilPublished,
  untilWithin,
} from '../../support/gateway.ts';
import { hasNamespaces, startBeside, startWithoutRoute } from '../../support/no-route.ts';
import { hasNtpdig, queryWithNtpdig } from '../../support/ntpdig.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';

const SHIFT = 5;
const SHIFT_MS = 1_000 * SHIFT;

describe.skipIf(!hasChronyd)('the shifted second', () => {
  const keep = stopAfterAll();
  let upstream: Chronyd;
  let edge: TestEdge;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    upstream = await keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 }));
    edge = await keep(startTestEdge(x));
    gateway = await keep(startGateway({ stateDir, sources: [upstream], publish: [edge.url] }));
    await untilPublished(gateway);
  });

  it('arrives by NTP within a millisecond, says chronyd', async () => {
    const [theirs, ours] = [await queryWithChronyd(upstream.port), await queryWithChronyd(gateway.ntpPort)];
    expect(Math.abs(ours - theirs)).toBeLessThan(0.001);
    expect(Math.abs(ours - SHIFT)).toBeLessThan(0.001);
  });

  it('arrives over HTTPS inside an interval of less than ± 20 ms', async () => {
    const asked = await askPrecisely(edge.url);
    expectTruth(asked, SHIFT_MS);
    const { uncertaintyMs, unixMs, earliestUnixMs, latestUnixMs, ...others } = asked.answer;
    expect(uncertaintyMs).toBeCloseTo(Math.max(unixMs - earliestUnixMs, latestUnixMs - unixMs), 2);
    expect(others).toMatchObject({ synchronized: true, stratum: 3, leap: 'none', gateway: 'gw-test' });
  });

  it.each([
    { name: 'json', query: '', readMs: (body: string) => JSON.parse(body).unixMs },
    { name: 'RFC 3339 text', query: '?format=text', readMs: (body: string) => Date.parse(body.trim()) },
    { name: 'Unix seconds', query: '?format=unix', readMs: (body: string) => 1_000 * Number(body) },
    { name: 'Unix milliseconds', query: '?format=unix-ms', readMs: Number },
  ])('arrives as $name, with its bound in Noonmark-Time', async ({ query, readMs }) => {
    const before = hostMs();
    const response = await fetch(`${edge.url}/time${query}`);
    const after = hostMs();
    expect(response.status).toBe(200);
    const said = response.headers.get('noonmark-time') ?? '';
    const [, time = Number.NaN, earliest = Number.NaN, latest = Number.NaN] =
      /^time=(\d+\.\d+), earliest=(\d+\.\d+), latest=(\d+\.\d+)$/.exec(said)?.map((digits) => 1_000 * Number(digits)) ??
      [];
    expect(earliest).toBeLessThanOrEqual(after + SHIFT_MS);
    expect(latest).toBeGreaterThanOrEqual(before + SHIFT_MS);
    expect(Math.abs(readMs(await response.text()) - time)).toBeLessThan(1.001);
  });

  it('is what an operator reads in status and sources', async () => {
    const status = await runGateway('status', '--state-dir', gateway.stateDir);
    expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/^synchronized {3}yes$/m) });
    const sources = await runGateway('sources', '--state-dir', gateway.stateDir);
    expect(sources).toMatchObject({ code: 0, stdout: expect.stringContaining('agrees with the majority') });
  });
});

describe.skipIf(!hasChronyd || !hasNtpdig || !hasNamespaces)('the shifted second in a network of its own', () => {
  it('arrives by NTP within a millisecond, says ntpdig', async () => {
    await using upstream = await startChronyd({ shiftSeconds: SHIFT, stratum: 1, start: startWithoutRoute });
    const start = startBeside(upstream.child);
    await using gateway = await startGateway({ sources: [{ ...upstream, minPoll: -4 }], ntpPort: 123, start });
    await untilWithin(gateway, 1);
    const { offset, stratum, leap } = await queryWithNtpdig(upstream.child);
    expect(Math.abs(offset - SHIFT)).toBeLessThan(0.001);
    expect({ stratum, leap }).toEqual({ stratum: 2, leap: 'no-leap' });
  });
});
