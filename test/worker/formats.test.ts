/** Time as others' clients want it, octet for octet, and never without its bound. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createGateway, realKeeper, startIsolate } from './edge.ts';

const ask = startIsolate();
const silent = startIsolate({
  keeper: () => ({ ...realKeeper(), knowledge: async () => Promise.reject(new Error('reset')) }),
});

beforeAll(async () => {
  const gateway = await createGateway();
  for (let count = 0; count < 3; count++) expect((await gateway.post(ask)).status).toBe(200);
});

const PATHS = ['/.well-known/time', '/dash/xsdate', '/dash/iso', '/dash/ntp', '/dash/head'];

/** The header's three, in ms. */
const boundOf = ({ headers }: Response) => {
  const form = /^time=(\d+\.\d{3}), earliest=(\d+\.\d{3}), latest=(\d+\.\d{3})$/;
  const [time = Number.NaN, earliest = Number.NaN, latest = Number.NaN] =
    form
      .exec(headers.get('noonmark-time') ?? '')
      ?.slice(1)
      .map((seconds) => Math.round(Number(seconds) * 1_000)) ?? [];
  return { time, earliest, latest };
};

/** One answer, and that the truth, which here is this machine's clock, lies within its bound. */
const answered = async (path: string, method = 'GET'): Promise<Response> => {
  const before = Date.now();
  const response = await ask(path, { method });
  const { time, earliest, latest } = boundOf(response);
  expect(earliest).toBeLessThanOrEqual(Date.now() + 1);
  expect(latest).toBeGreaterThanOrEqual(before);
  expect(earliest).toBeLessThanOrEqual(time);
  expect(latest).toBeGreaterThanOrEqual(time);
  return response;
};

describe.each(PATHS)('%s', (path) => {
  it.each(['GET', 'HEAD'])(
    'says the second in Date, and the bound, where a script may read both: %s',
    async (method) => {
      const response = await answered(path, method);
      const date = response.headers.get('date') ?? '';
      expect(date).toMatch(/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT$/);
      expect(Date.parse(date)).toBe(Math.floor(boundOf(response).time / 1_000) * 1_000);
      expect(response.headers.get('access-control-expose-headers')).toBe(
        'Allow, Date, Noonmark-Time, Retry-After, X-HTTPSTIME',
      );
      if (method === 'HEAD') expect(await response.text()).toBe('');
    },
  );

  it('is a problem and no 200 where there is no time: a player would take the body for it', async () => {
    const response = await silent(path);
    expect(response.status).toBe(503);
    expect(response.headers.get('noonmark-time')).toBeNull();
    expect(response.headers.get('x-httpstime')).toBeNull();
    expect(response.headers.get('date')).toBeNull();
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ type: 'urn:noonmark:problem:no-time' });
  });
});

it.each(['GET', 'HEAD'])('Time over HTTPS has no body, and the fraction in a header: %s', async (method) => {
  const response = await answered('/.well-known/time', method);
  expect(response.status).toBe(204);
  expect(response.headers.get('x-httpstime')).toMatch(/^\d{10}\.\d{6}$/);
  expect(Math.floor(Number(response.headers.get('x-httpstime')) * 1_000)).toBe(boundOf(response).time);
  expect(response.headers.get('content-type')).toBeNull();
  expect(await response.text()).toBe('');
});

it.each(['xsdate', 'iso'])('http-%s:2014 is what Date.parse takes, and nothing around it', async (scheme) => {
  const response = await answered(`/dash/${scheme}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  const body = await response.text();
  expect(body).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Date.parse(body)).toBe(boundOf(response).time);
  expect(Date.parse(`${body}\n`)).toBeNaN(); // hence no end of line
});

it('http-ntp:2014 is eight octets', async () => {
  const response = await answered('/dash/ntp');
  expect(response.status).toBe(200);
  const octets = new Uint8Array(await response.arrayBuffer());
  expect(octets).toHaveLength(8);
  // By hand: big-endian seconds since 1900, then 2^-32 s. From 1900 to 1970 are 2 208 988 800 s (RFC 868).
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = octets;
  const seconds = ((a * 256 + b) * 256 + c) * 256 + d - 2_208_988_800;
  const fraction = (((e * 256 + f) * 256 + g) * 256 + h) / 2 ** 32;
  expect(Math.floor(seconds * 1_000 + fraction * 1_000 + 1e-6)).toBe(boundOf(response).time);
});

it('http-head:2014 is a Date at 200', async () => {
  const response = await answered('/dash/head', 'HEAD');
  expect(response.status).toBe(200);
});
