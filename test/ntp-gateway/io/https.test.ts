import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { after, nanos, seconds, type UnixNanos, unixMillis } from '#contract/time.ts';
import { openVerifyChain } from '#native/certificate-chain.ts';
import { authoritiesIn } from '../../../ntp-gateway/io/authorities.ts';
import { edgeTls } from '../../../ntp-gateway/io/edge-tls.ts';
import { post } from '../../../ntp-gateway/io/https.ts';
import type { ClockReading } from '../../../ntp-gateway/protocol/server-state.ts';
import { type CertificateOptions, makeCertificate } from '../../support/certificate.ts';
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

  describe.skipIf(!openVerifyChain())('to an edge with a certificate', () => {
    const YEAR = seconds(365 * 86_400);
    const now = unixMillis(Date.now());
    const iso = (at: UnixNanos): string => `${new Date(Number(at / 1_000_000n)).toISOString().slice(0, 19)}Z`;
    const FUTURE = { from: iso(after(now, YEAR)), to: iso(after(now, seconds(3 * 365 * 86_400))) };
    const PAST = { to: iso(after(now, seconds(-86_400))) };
    const reading = (time: UnixNanos): ClockReading => ({ time, earliest: time, latest: time });
    const TAKEN = { status: 200, body: {} };

    /** Twice. @param time - by our own clock; the host's is what it is. */
    const postWith = async (options: CertificateOptions, time?: UnixNanos) => {
      const paths = makeCertificate({ names: ['localhost'], ...options });
      const [cert, key] = [paths.certificate, paths.key].map((path) => readFileSync(path));
      const trusted = getCACertificates();
      const { ca } = makeCertificate();
      const server = createHttpsServer({ cert: cert!, key: key! }, (_request, response) => response.end('{}'));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
      const { judge } = edgeTls(origin, {
        as: 'edge',
        log: () => {},
        authorities: () => authoritiesIn(ca),
        verifyChain: openVerifyChain()!,
      })();
      const ours = time === undefined ? undefined : (socket: TLSSocket) => judge(socket, reading(time));
      setDefaultCACertificates([readFileSync(ca, 'utf8')]);
      try {
        let departed = 0;
        const postOnce = () => post(origin, 'a.b.c', () => departed++, undefined, ours).catch(String);
        return { outcomes: [await postOnce(), await postOnce()], departed };
      } finally {
        setDefaultCACertificates(trusted);
        server.close();
        server.closeAllConnections();
      }
    };

    it.each<{ name: string; options: CertificateOptions; time?: UnixNanos }>([
      { name: 'that is good', options: {}, time: now },
      { name: 'that is good, before our own clock knows the time', options: {} },
      { name: 'that has yet to begin by the host’s clock alone', options: FUTURE, time: after(now, nanos(2 * YEAR)) },
      { name: 'that is over by the host’s clock alone', options: PAST, time: after(now, nanos(-YEAR)) },
    ])('$name goes out, over one connection and once more', async ({ options, time }) => {
      expect(await postWith(options, time)).toEqual({ outcomes: [TAKEN, TAKEN], departed: 2 });
    });

    it.each<{ name: string; options: CertificateOptions; time?: UnixNanos; word: string | RegExp }>([
      { name: 'that is over', options: PAST, time: now, word: 'certificate-time' },
      { name: 'that has yet to begin', options: FUTURE, time: now, word: 'certificate-time' },
      { name: 'that is over, before our own clock knows the time', options: PAST, word: /has expired/ },
      { name: 'by another authority', options: { authority: 'another' }, time: now, word: 'certificate-untrusted' },
      { name: 'for another name', options: { names: ['other.example'] }, time: now, word: 'certificate-untrusted' },
      {
        name: 'that is over by the host’s clock alone, and by another authority',
        options: { ...PAST, authority: 'another' },
        time: after(now, nanos(-YEAR)),
        word: 'certificate-untrusted',
      },
      {
        name: 'that is over by the host’s clock alone, and for another name',
        options: { ...PAST, names: ['other.example'] },
        time: after(now, nanos(-YEAR)),
        word: 'certificate-name',
      },
    ])('$name is refused before anything leaves', async ({ options, time, word }) => {
      const { outcomes, departed } = await postWith(options, time);
      expect(outcomes).toEqual([expect.stringMatching(word), expect.stringMatching(word)]);
      expect(departed).toBe(0);
    });
  });

  it('rejects where nobody listens', async () => {
    await expect(post('http://127.0.0.1:9', 'x', () => {})).rejects.toThrow();
  });
});
