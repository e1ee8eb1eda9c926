import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { measureSkew } from '../../client/clock.ts';

/** Serves `/time` from this machine's clock, moved by `aheadMs`: so a device that asks it is slow by that much. */
const serve = async (
  aheadMs: number,
  change: (body: Record<string, unknown>, count: number) => unknown = (body) => body,
) => {
  let count = 0;
  const answer: RequestListener = (request, response) => {
    const now = Date.now() + aheadMs;
    const nonce = new URL(request.url ?? '', 'http://localhost').searchParams.get('nonce');
    const body = change({ unixMs: now + 0.5, earliestUnixMs: now, latestUnixMs: now + 1, nonce }, count++);
    if (body === undefined) response.writeHead(503);
    response.end(JSON.stringify(body ?? {}));
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/time`;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url, asked: () => count, [Symbol.asyncDispose]: close };
};

describe('measureSkew', () => {
  it.each([0, 3_600_000, -86_400_000, 250.25])('sees that the edge is %d ms ahead', async (aheadMs) => {
    await using edge = await serve(aheadMs);
    const skew = await measureSkew(edge.url);
    if (!skew.ok) throw new Error(skew.reason);
    const { offset, earliest, latest } = skew.value;
    expect(earliest / 1e6).toBeLessThanOrEqual(aheadMs);
    expect(latest / 1e6).toBeGreaterThanOrEqual(aheadMs);
    expect((latest - earliest) / 1e6).toBeLessThan(100);
    expect(offset).toBeGreaterThanOrEqual(earliest);
    expect(edge.asked()).toBe(6);
  });

  it.each([
    ['no-time', () => undefined],
    ['malformed', () => ({ unixMs: 'now' })],
    ['malformed', () => null],
    ['malformed', (body: object) => ({ ...body, unixMs: -1 })],
    ['wrong-nonce', (body: object) => ({ ...body, nonce: 'another' })],
  ])('refuses with %s', async (reason, change) => {
    await using edge = await serve(0, change);
    expect(await measureSkew(edge.url)).toEqual({ ok: false, reason });
  });

  it('sees a contradiction where the edge is set meanwhile', async () => {
    await using edge = await serve(0, (body, count) =>
      count < 3 ? body : { ...body, unixMs: 1e12, earliestUnixMs: 1e12, latestUnixMs: 1e12 },
    );
    expect(await measureSkew(edge.url)).toEqual({ ok: false, reason: 'contradiction' });
  });

  it('does without the exchanges that fail', async () => {
    await using edge = await serve(0, (body, count) => (count % 2 === 1 ? undefined : body));
    expect(await measureSkew(edge.url)).toMatchObject({ ok: true });
  });

  it('says so when nobody answers', async () => {
    const edge = await serve(0);
    await edge[Symbol.asyncDispose]();
    expect(await measureSkew(edge.url)).toEqual({ ok: false, reason: 'unreachable' });
  });
});
