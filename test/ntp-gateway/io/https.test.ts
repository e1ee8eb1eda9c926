import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { post } from '../../../ntp-gateway/io/https.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What `post` makes of one answer. */
const postTo = async (answer: RequestListener, withinMs?: number) => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await post(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'a.b.c', () => {}, withinMs);
  } finally {
    server.close();
    server.closeAllConnections();
  }
};

describe('posting a sample', () => {
  it('posts it as it is to /samples, and reads status and JSON', async () => {
    const answer = await postTo(async (request, response) => {
      const chunks = await request.toArray();
      response.end(
        JSON.stringify({ path: request.url, method: request.method, body: Buffer.concat(chunks).toString() }),
      );
    });
    expect(answer).toEqual({ status: 200, body: { path: '/samples', method: 'POST', body: 'a.b.c' } });
  });

  it.each([
    { name: 'HTML', status: 502, body: '<html>', headers: {}, expected: { status: 502, body: undefined } },
    { name: 'nothing', status: 204, body: '', headers: {}, expected: { status: 204, body: undefined } },
    {
      name: 'Retry-After',
      status: 429,
      body: '{}',
      headers: { 'retry-after': '7' },
      expected: { status: 429, body: {}, retryAfter: 7 },
    },
    {
      name: 'Retry-After as a date',
      status: 429,
      body: '{}',
      headers: { 'retry-after': 'Mon, 23 Nov 2026 08:00:00 GMT' },
      expected: { status: 429, body: {} },
    },
    {
      name: 'a redirection, not followed',
      status: 307,
      body: '',
      headers: { location: '/elsewhere' },
      expected: { status: 307, body: undefined },
    },
  ])('$name', async ({ status, body, headers, expected }) => {
    expect(await postTo((_request, response) => response.writeHead(status, headers).end(body))).toEqual(expected);
  });

  it('gives up on an answer that is too long', async () => {
    await expect(postTo((_request, response) => response.end('x'.repeat(20_000)))).rejects.toThrow('too long');
  });

  it('gives up on an answer that comes octet by octet, and on none', async () => {
    const trickle: RequestListener = (_request, response) => {
      const timer = setInterval(() => response.write('x'), 5);
      response.once('close', () => clearInterval(timer));
    };
    await expect(postTo(trickle, 100)).rejects.toThrow(/aborted/);
    await expect(postTo(() => {}, 100)).rejects.toThrow(/aborted/);
  });

  it('goes over one connection, and over another where that was closed meanwhile', async () => {
    const server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    let connections = 0;
    server.on('connection', () => connections++);
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await post(origin, 'a.b.c', () => {});
    await post(origin, 'a.b.c', () => {});
    expect(connections).toBe(1);
    server.closeAllConnections();
    // Until it has heard of that, a post may meet the old one.
    await waitFor('an answer', () =>
      post(origin, 'a.b.c', () => {}).then(
        () => true,
        () => false,
      ),
    );
    expect(connections).toBe(2);
    server.close();
    server.closeAllConnections();
  });

  it('departs once the handshake is done, and each time', async () => {
    const paths = makeCertificate({ names: ['localhost'] });
    const [cert, key, ca] = [paths.certificate, paths.key, paths.ca].map((path) => readFileSync(path, 'utf8'));
    const [trusted, happened] = [getCACertificates(), [] as string[]];
    const server = createHttpsServer(
      {
        SNICallback: (_name, done) => {
          happened.push('handshake');
          done(null, createSecureContext({ cert, key }));
        },
      },
      (_request, response) => {
        happened.push('asked');
        response.end('{}');
      },
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
    setDefaultCACertificates([ca!]);
    try {
      for (const _ of [1, 2]) await post(origin, 'a.b.c', () => happened.push('departed'));
    } finally {
      setDefaultCACertificates(trusted);
      server.close();
      server.closeAllConnections();
    }
    expect(happened).toEqual(['handshake', 'departed', 'asked', 'departed', 'asked']);
  });

  it('rejects where nobody listens', async () => {
    await expect(post('http://127.0.0.1:9', 'x', () => {})).rejects.toThrow();
  });
});
