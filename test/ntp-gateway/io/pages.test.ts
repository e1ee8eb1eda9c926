/** What browsers, monitors and others send to where the pages are, over real sockets. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createPageServer, isCalled, json, type Pages } from '../../../ntp-gateway/io/pages.ts';
import { listenRaw } from '../../support/raw-http.ts';

const QUIET = { connections: 64, headMs: 60_000, idleMs: 60_000 };
const PAGES: Pages = {
  '/status': () => json({ gateway: 'gw-1' }),
  '/text': ({ accept }) => ({ type: 'text/plain; charset=utf-8', body: `für ${accept}` }),
  '/octets': async () => ({ type: 'application/octet-stream', body: Uint8Array.of(0, 255) }),
  '/page': ({ query }) => ({ type: 'text/html', body: `${query.get('since')}`, policy: "default-src 'none'" }),
  '/damaged': () => {
    throw new Error('not now');
  },
};

describe('the pages', () => {
  const start = (limits = QUIET) => listenRaw(createPageServer(PAGES, isCalled(['Clock.example.org']), limits));

  it('are of this moment, and for no other origin', async () => {
    const { ask } = await start();
    const response = await ask('/status', { headers: { origin: 'https://elsewhere.example' } });
    expect(await response.json()).toEqual({ gateway: 'gw-1' });
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      'content-length': '18',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      connection: 'keep-alive',
      'keep-alive': 'timeout=60',
    });
  });

  it('are asked for a part, and have a policy of their own where they are to be shown', async () => {
    const { ask } = await start();
    const page = await ask('/page?since=12.5');
    expect([await page.text(), page.headers.get('content-security-policy')]).toEqual(['12.5', "default-src 'none'"]);
    expect(await (await ask('/page')).text()).toBe('null');
  });

  it('have types of their own, and lengths in octets', async () => {
    const { ask } = await start();
    const text = await ask('/text', { headers: { accept: 'text/plain' } });
    expect([text.headers.get('content-type'), text.headers.get('content-length')]).toEqual([
      'text/plain; charset=utf-8',
      '15',
    ]);
    expect(await text.text()).toBe('für text/plain');
    expect([...(await (await ask('/octets')).bytes())]).toEqual([0, 255]);
  });

  it.each([
    { by: 'a picture in a page elsewhere', site: 'cross-site', mode: 'no-cors', status: 403 },
    { by: 'a script elsewhere', site: 'cross-site', mode: 'cors', status: 403 },
    { by: 'who follows a link', site: 'cross-site', mode: 'navigate', status: 200 },
    { by: 'the page itself', site: 'same-origin', mode: 'cors', status: 200 },
    { by: 'who types the address', site: 'none', mode: 'navigate', status: 200 },
  ])('asked by $by: $status', async ({ site, mode, status }) => {
    const { send } = await start();
    const said = await send(
      `GET /status HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: ${site}\r\nSec-Fetch-Mode: ${mode}\r\nConnection: close\r\n\r\n`,
    );
    expect(said.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
  });

  it.each([
    { name: 'a query', path: '/status?at=now', status: 200 },
    { name: 'HEAD', path: '/status', method: 'HEAD', status: 200, body: '' },
    { name: 'no page', path: '/nothing', status: 404, body: JSON.stringify({ pages: Object.keys(PAGES) }) },
    { name: "a word of the language's own", path: '/constructor', status: 404 },
    { name: 'a page that cannot be made', path: '/damaged', status: 500, body: '{"fault":"Error: not now"}' },
    { name: 'POST', path: '/status', method: 'POST', status: 405, allow: 'GET, HEAD' },
    { name: 'a question before another', path: '/status', method: 'OPTIONS', status: 405, allow: 'GET, HEAD' },
  ])('$name: $status', async ({ path, method = 'GET', status, body, allow = null }) => {
    const { ask } = await start();
    const response = await ask(path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([status, allow]);
    const said = await response.text();
    if (body !== undefined) expect(said).toBe(body);
    expect((await ask('/status')).status).toBe(200);
  });

  it.each([
    { host: '127.0.0.1', status: 200 },
    { host: '127.0.0.1:9123', status: 200 },
    { host: '192.0.2.7:9123', status: 200 },
    { host: '[::1]:9123', status: 200 },
    { host: 'localhost:9123', status: 200 },
    { host: 'LOCALHOST', status: 200 },
    { host: 'clock.Example.org:9123', status: 200 },
    { host: 'clock.example.org.evil.example', status: 421 },
    { host: 'example.org', status: 421 },
    { host: 'evil.example:9123', status: 421 },
    { host: '127.0.0.1.evil.example', status: 421 },
    { host: 'localhost.evil.example', status: 421 },
    { host: '2130706433', status: 421 },
    { host: '[evil.example]', status: 421 },
    { host: '::1', status: 421 },
    { host: '127.0.0.1:9123, evil.example', status: 421 },
    { host: '', status: 421 },
  ])('by the name "$host": $status', async ({ host, status }) => {
    const { send } = await start();
    const said = await send(`GET /status HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(said.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(said.includes('gw-1')).toBe(status === 200);
  });

  it.each([
    { name: 'no host', text: 'GET /status HTTP/1.1\r\nConnection: close\r\n\r\n', status: 400 },
    { name: 'no host in HTTP/1.0', text: 'GET /status HTTP/1.0\r\n\r\n', status: 421 },
    { name: 'no HTTP', text: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', status: 400 },
    { name: 'a line without an end', text: `GET /${'a'.repeat(32_768)}`, status: 431 },
    { name: 'headers without an end', text: `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(8_000)}`, status: 431 },
  ])('$name is refused with $status, and the connection ended', async ({ text, status }) => {
    const { ask, send } = await start();
    const said = await send(text);
    expect(said).toContain(`HTTP/1.1 ${status} `);
    expect(said).not.toContain('gw-1');
    expect((await ask('/status')).status).toBe(200);
  });

  it('who connects and says nothing makes room', async () => {
    const { ask, dial } = await start({ ...QUIET, connections: 2 });
    const first = dial();
    await once(first, 'connect');
    const ended = once(first, 'close');
    await once(dial(), 'connect');
    expect((await ask('/status')).status).toBe(200);
    await ended;
  });

  it('who asks again before he is answered is sent away, and not worked for', async () => {
    let made = 0;
    const pages: Pages = { '/status': () => json(++made) };
    const { ask, send } = await listenRaw(createPageServer(pages, isCalled([]), QUIET));
    await send('GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1_000));
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(10); // one, unless the network cuts that in pieces
    const before = made;
    for (let next = 1; next < 4; next++) expect(await (await ask('/status')).json()).toBe(before + next);
  });

  it('who sends half a head is not waited for', async () => {
    const { send } = await start({ ...QUIET, headMs: 50 });
    expect(await send('GET /status HTTP/1.1\r\n')).toContain('HTTP/1.1 408 ');
  });
});
