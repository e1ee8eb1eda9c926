import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { RELEASED } from '#contract/released.ts';
import { openVerifyChain } from '#native/certificate-chain.ts';
import { authoritiesIn } from '../../../ntp-gateway/io/authorities.ts';
import { edgeTls } from '../../../ntp-gateway/io/edge-tls.ts';
import { post } from '../../../ntp-gateway/io/https.ts';
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
    const FUTURE = { from: '2090-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' };
    const isoOf = (seconds: bigint) =>
      `${new Date(Number(RELEASED / 1_000_000n + seconds * 1_000n)).toISOString().slice(0, 19)}Z`;
    /** A clock that is right may have said less, when this was built. */
    const JUST_OVER = { to: isoOf(1n) };
    const LONG_OVER = { to: isoOf(-1n) };
    const verifyChain = openVerifyChain();

    /** Twice. @param isJudged - by whoever knows that the host's clock may be wrong. */
    const postWith = async (options: CertificateOptions, isJudged = true) => {
      const paths = makeCertificate({ names: ['localhost'], ...options });
      const [cert, key] = [paths.certificate, paths.key].map((path) => readFileSync(path));
      const trusted = getCACertificates();
      const { ca } = makeCertificate();
      const server = createHttpsServer({ cert: cert!, key: key! }, (_request, response) => response.end('{}'));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
      const said: string[] = [];
      const { judge } = edgeTls(origin, {
        as: 'edge',
        log: ({ msg }) => said.push(msg),
        authorities: () => authoritiesIn(ca),
        ...(verifyChain && { verifyChain }),
      })();
      setDefaultCACertificates([readFileSync(ca, 'utf8')]);
      try {
        let departed = 0;
        const postOnce = () => post(origin, 'a.b.c', () => departed++, undefined, isJudged ? judge : undefined);
        const outcomes = [await postOnce().catch(String), await postOnce().catch(String)];
        return { outcomes, departed, said };
      } finally {
        setDefaultCACertificates(trusted);
        server.close();
        server.closeAllConnections();
      }
    };
    const TAKEN = { status: 200, body: {} };

    it('that is good goes out', async () => {
      expect(await postWith({})).toEqual({ outcomes: [TAKEN, TAKEN], departed: 2, said: [] });
    });

    it.each([
      { when: 'has yet to begin', dates: FUTURE },
      { when: 'is over', dates: JUST_OVER },
    ])('that $when by the host’s clock alone goes out all the same, which is said once', async ({ dates }) => {
      const { outcomes, departed, said } = await postWith(dates);
      expect({ outcomes, departed }).toEqual({ outcomes: [TAKEN, TAKEN], departed: 2 });
      expect(said).toEqual([expect.stringContaining('by the host’s clock its certificate is out of date')]);
    });

    it.each<{ name: string; options: CertificateOptions; word: string }>([
      { name: 'by an authority of its own', options: { authority: 'another' }, word: 'certificate-untrusted' },
      { name: 'that was over before this was built', options: LONG_OVER, word: 'certificate-time' },
      { name: 'for another name', options: { names: ['other.example'] }, word: 'certificate-untrusted' },
      {
        name: 'out of date and by an authority of its own',
        options: { ...FUTURE, authority: 'another' },
        word: 'certificate-untrusted',
      },
      {
        name: 'out of date and for another name',
        options: { ...FUTURE, names: ['other.example'] },
        word: 'certificate-name',
      },
    ])('$name is refused before anything leaves', async ({ options, word }) => {
      const { outcomes, departed } = await postWith(options);
      expect({ outcomes, departed }).toEqual({ outcomes: [`Error: ${word}`, `Error: ${word}`], departed: 0 });
    });

    it('that is out of date is refused where nobody judges', async () => {
      const { outcomes, departed } = await postWith(FUTURE, false);
      expect(outcomes).toEqual([expect.stringMatching(/not yet valid/), expect.stringMatching(/not yet valid/)]);
      expect(departed).toBe(0);
    });
  });

  it('rejects where nobody listens', async () => {
    await expect(post('http://127.0.0.1:9', 'x', () => {})).rejects.toThrow();
  });
});
