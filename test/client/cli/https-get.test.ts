/** Node's own client, asked as an edge is: over real sockets. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { readMonotonic } from '../../../client/cli/host-clocks.ts';
import { type Getter, openHttpGet } from '../../../client/cli/https-get.ts';
import { MAX_BODY_BYTES } from '../../../client/http-get.ts';
import { makeCertificate } from '../../support/certificate.ts';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const listen = async (server: Server): Promise<number> => {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};
const serve = async (answer: RequestListener) => new URL(`http://127.0.0.1:${await listen(createServer(answer))}/time`);
const getter = (options: Partial<Parameters<typeof openHttpGet>[0]> = {}): Getter => {
  const made = openHttpGet({ isPinned: false, ...options });
  open.push(made);
  return made;
};
const soon = () => AbortSignal.timeout(20_000);

describe('a question over plain HTTP', () => {
  it('has the answer, its headers, and when it left and came', async () => {
    const url = await serve((_request, response) => response.setHeader('X-One', ['a', 'b']).end('Zeit: ½'));
    const before = readMonotonic();
    const got = await getter().get(url, soon());
    expect(got).toMatchObject({ ok: true, value: { status: 200, body: 'Zeit: ½' } });
    if (!got.ok) return;
    expect(got.value.header('x-one')).toBe('a, b');
    expect(got.value.header('Age')).toBeNull();
    expect(before).toBeLessThanOrEqual(got.value.sent);
    expect(got.value.sent).toBeLessThan(got.value.answered!);
    expect(got.value.answered).toBeLessThanOrEqual(got.value.received);
    expect(got.value.received).toBeLessThan(readMonotonic());
  });

  it('goes over one connection, again and again', async () => {
    let connections = 0;
    const server = createServer((_request, response) => response.end()).on('connection', () => connections++);
    const url = new URL(`http://127.0.0.1:${await listen(server)}`);
    const { get } = getter();
    for (let count = 0; count < 3; count++) expect((await get(url, soon())).ok).toBe(true);
    expect(connections).toBe(1);
  });

  it('goes to the address that is named, and asks by the name all the same', async () => {
    const url = await serve(({ headers }, response) => response.end(headers.host));
    url.hostname = 'time.example.org';
    const { get } = getter({ address: '127.0.0.1', env: { HTTP_PROXY: 'http://127.0.0.1:1' } });
    expect(await get(url, soon())).toMatchObject({ ok: true, value: { body: `time.example.org:${url.port}` } });
  });

  it.each([301, 302, 307, 308])('follows no redirection: %d', async (status) => {
    const asked: (string | undefined)[] = [];
    const url = await serve(({ url }, response) => {
      asked.push(url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await getter().get(url, soon())).toMatchObject({ ok: true, value: { status } });
    expect(asked).toEqual(['/time']);
  });

  it('is refused an answer without end, and one without words', async () => {
    function* withoutEnd() {
      for (;;) yield 'x'.repeat(16_384);
    }
    const endless = await serve((_request, response) => pipeline(Readable.from(withoutEnd()), response, () => {}));
    expect(await getter().get(endless, soon())).toEqual({ ok: false, reason: 'too-long' });
    const full = await serve((_request, response) => response.end('x'.repeat(MAX_BODY_BYTES)));
    expect(await getter().get(full, soon())).toMatchObject({ ok: true, value: { body: 'x'.repeat(MAX_BODY_BYTES) } });
    const noText = await serve((_request, response) => response.end(Buffer.from([0xff, 0xfe])));
    expect(await getter().get(noText, soon())).toMatchObject({ ok: true, value: { body: '' } });
  });

  it('ends when the patience does: before the answer, and within it', async () => {
    const silent = await serve(() => {});
    expect(await getter().get(silent, AbortSignal.timeout(50))).toEqual({ ok: false, reason: 'timeout' });
    const slow = await serve((_request, response) => response.writeHead(200).write('a'));
    expect(await getter().get(slow, AbortSignal.timeout(50))).toEqual({ ok: false, reason: 'timeout' });
  });

  it('is told by Node’s word why there is no answer', async () => {
    const { get } = getter();
    const noHttp = await listen(createTcpServer((socket) => socket.on('error', () => {}).end('220 mail ready\r\n')));
    const cut = await serve(({ socket }) => socket.destroy());
    const unreachable = (detail: unknown) => ({ ok: false, reason: 'unreachable', detail });
    expect(await get(new URL('http://127.0.0.1:1'), soon())).toEqual(unreachable('ECONNREFUSED'));
    expect(await get(cut, soon())).toEqual(unreachable('ECONNRESET'));
    expect(await get(new URL(`http://127.0.0.1:${noHttp}`), soon())).toEqual(
      unreachable(expect.stringMatching(/^HPE_/)),
    );
  });
});

describe('a question over TLS', () => {
  const secure = async (
    options: Parameters<typeof makeCertificate>[0] = {},
    answer: RequestListener = (_, response) => response.end('ok'),
  ) => {
    const { certificate, key, ca } = makeCertificate(options);
    const server = createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) }, answer);
    return { url: new URL(`https://localhost:${await listen(server)}`), ca: readFileSync(ca, 'latin1') };
  };
  const yesterday = { from: '2020-01-01T00:00:00Z', to: '2021-01-01T00:00:00Z' };

  it('is answered where the certificate is believed', async () => {
    const { url, ca } = await secure();
    const { get, security } = getter({ ca });
    expect(await get(url, soon())).toMatchObject({ ok: true, value: { body: 'ok' } });
    expect(security()).toBe('tls');
  });

  it('leaves once the connection stands: what that takes is not in the round trip', async () => {
    const { url, ca } = await secure();
    const target = Number(url.port);
    let stoodAt = Number.POSITIVE_INFINITY;
    const relay = createTcpServer(async (near) => {
      await new Promise((resolve) => setTimeout(resolve, 100)); // the other end waits for TLS meanwhile
      stoodAt = readMonotonic();
      near.pipe(connect(target, '127.0.0.1')).pipe(near);
    });
    url.port = `${await listen(relay)}`;
    const got = await getter({ ca }).get(url, soon());
    expect(got.ok && got.value.sent).toBeGreaterThan(stoodAt);
  });

  it.each([
    {
      what: 'nobody known has signed it',
      certificate: {},
      knows: false,
      reason: 'certificate-untrusted',
      detail: /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/,
    },
    {
      what: 'it is for another name',
      certificate: { names: ['elsewhere.example'] },
      reason: 'certificate-name',
      detail: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    },
    {
      what: 'it is out of date',
      certificate: yesterday,
      reason: 'certificate-time',
      detail: /^CERT_HAS_EXPIRED by the clock of this host/,
    },
  ])('is not asked where $what', async ({ certificate, knows = true, reason, detail }) => {
    let asked = 0;
    const { url, ca } = await secure(certificate, (_request, response) => response.end(`${asked++}`));
    const got = await getter(knows ? { ca } : {}).get(url, soon());
    expect(got).toEqual({ ok: false, reason, detail: expect.stringMatching(detail) });
    expect(asked).toBe(0);
  });

  it('goes on over a certificate that is merely out of date, where a gateway’s key is pinned', async () => {
    const { url, ca } = await secure(yesterday);
    const { get, security } = getter({ ca, isPinned: true });
    expect(await get(url, soon())).toMatchObject({ ok: true, value: { body: 'ok' } });
    expect(security()).toBe('out-of-date');
  });

  it.each([
    {
      what: 'has expired and nobody known has signed it',
      certificate: { ...yesterday, authority: 'another' },
      knows: false,
      reason: 'certificate-untrusted',
    },
    {
      what: 'has expired and is for another name',
      certificate: { ...yesterday, names: ['elsewhere.example'] },
      reason: 'certificate-name',
    },
    { what: 'is in date, for another name', certificate: { names: ['elsewhere.example'] }, reason: 'certificate-name' },
  ])('does not go on where it $what', async ({ certificate, knows = true, reason }) => {
    let asked = 0;
    const { url, ca } = await secure(certificate, (_request, response) => response.end(`${asked++}`));
    const other = readFileSync(makeCertificate().ca, 'latin1');
    const got = await getter({ ca: knows ? ca : other, isPinned: true }).get(url, soon());
    expect(got).toMatchObject({ ok: false, reason });
    expect(asked).toBe(0);
  });

  it('goes through the proxy that the environment names', async () => {
    const { url, ca } = await secure();
    const asked: (string | undefined)[] = [];
    const proxy = createServer().on('connect', ({ url: target = '' }, near) => {
      asked.push(target);
      const far = connect(Number(target.split(':')[1]), '127.0.0.1', () => {
        near.write('HTTP/1.1 200 OK\r\n\r\n');
        near.pipe(far).pipe(near);
      });
    });
    const env = { HTTPS_PROXY: `http://127.0.0.1:${await listen(proxy)}` };
    const { get, security } = getter({ ca, env });
    for (let count = 0; count < 2; count++)
      expect(await get(url, soon())).toMatchObject({ ok: true, value: { body: 'ok' } });
    expect([asked, security()]).toEqual([[`localhost:${url.port}`], 'tls']);
  });
});
