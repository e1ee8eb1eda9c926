import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { monoNanos } from '#contract/time.ts';
import { authoritiesIn } from '../../../ntp-gateway/io/authorities.ts';
import { connectTo, type Tls } from '../../../ntp-gateway/io/edge-connection.ts';
import { judgeCertificate } from '../../../ntp-gateway/io/peer-certificate.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { startEdgeServer } from '../../support/edge-server.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { startKeyServer, startTcpServer } from '../../support/key-server.ts';

const QUICK = 300;
const PATIENT = 10_000;

/** Each reading a ns after the one before, and in which order all happened. */
const makeClock = () => {
  const happened: string[] = [];
  let now = 0n;
  const mono = () => {
    happened.push('read');
    return monoNanos(++now);
  };
  return { happened, mono };
};

const trusting = (ca: string, name: string, happened: string[] = []): Tls => {
  const { context, certificates } = authoritiesIn(ca);
  const judge = (socket: TLSSocket) => {
    happened.push('judged');
    return judgeCertificate(socket, name, certificates, undefined, undefined);
  };
  return { context, judge };
};
const noTls = (): Tls => {
  throw new Error('no TLS here');
};

/** What `answer` is taken for, over plain HTTP. */
const ask = async (answer: RequestListener, patience = PATIENT) => {
  await using server = await startEdgeServer(answer);
  return await connectTo(server.origin, makeClock().mono, noTls, patience)('/time');
};

describe('a connection to an edge', () => {
  it('is open and judged before t1 is read, which is before the question; one does for several', async () => {
    const certificate = makeCertificate();
    const { happened, mono } = makeClock();
    const connections = new Set<unknown>();
    const heard: (string | undefined)[] = [];
    await using server = await startEdgeServer((request, response) => {
      happened.push('asked');
      connections.add(request.socket);
      heard.push(request.url, request.headers.host);
      response.end('word');
    }, certificate);
    const get = connectTo(server.origin, mono, () => trusting(certificate.ca, 'localhost', happened));
    expect(await get('/time?nonce=1')).toEqual(ok({ t1: 1n, t4: 2n, status: 200, body: 'word' }));
    expect(happened.splice(0)).toEqual(['judged', 'read', 'asked', 'read']);
    expect(await get('/time?nonce=2')).toEqual(ok({ t1: 3n, t4: 4n, status: 200, body: 'word' }));
    expect(happened).toEqual(['read', 'asked', 'read']);
    const host = `localhost:${server.port}`;
    expect(heard).toEqual(['/time?nonce=1', host, '/time?nonce=2', host]);
    expect(connections.size).toBe(1);
  });

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'that the edge closes as the next question comes (%s) is opened anew, once',
    async (close) => {
      const { mono } = makeClock();
      const asked = new Map<unknown, number>();
      let isBroken = false;
      await using server = await startEdgeServer(({ socket }, response) => {
        asked.set(socket, (asked.get(socket) ?? 0) + 1);
        if (isBroken || asked.get(socket) === 2) socket[close]();
        else response.end('word');
      });
      const get = connectTo(server.origin, mono, noTls);
      expect(await get('/')).toMatchObject({ ok: true });
      // Who broke it off may repeat what he was told of the first question: that left at 3.
      expect(await get('/')).toMatchObject({ ok: true, value: { t1: 3n, t4: 4n } });
      expect([...asked.values()]).toEqual([2, 1]);
      isBroken = true;
      expect(await get('/')).toMatchObject({ ok: false, reason: 'unreachable' });
      expect([...asked.values()]).toEqual([2, 2, 1]);
    },
  );

  it('has not answered before all is there', async () => {
    const { happened, mono } = makeClock();
    await using server = await startEdgeServer((_request, response) => {
      response.flushHeaders();
      setImmediate(() => {
        happened.push('told');
        response.end('word');
      });
    });
    expect(await connectTo(server.origin, mono, noTls)('/')).toMatchObject({ ok: true, value: { body: 'word' } });
    expect(happened).toEqual(['read', 'told', 'read']);
  });

  it('two questions at once each have their own', async () => {
    const { mono } = makeClock();
    const waiting: (() => void)[] = [];
    await using server = await startEdgeServer(({ url }, response) => {
      waiting.push(() => response.end(url));
      if (waiting.length === 2) for (const end of waiting.toReversed()) end();
    });
    const get = connectTo(server.origin, mono, noTls);
    const answers = await Promise.all([get('/a'), get('/b')]);
    expect(answers).toMatchObject([{ value: { body: '/a' } }, { value: { body: '/b' } }]);
    for (const answer of answers) expect(answer.ok && answer.value.t1 <= 2n && answer.value.t4 > 2n).toBe(true);
  });

  it('goes through a proxy, where the environment names one', async () => {
    const certificate = makeCertificate();
    const said: string[] = [];
    const proxy = createServer(({ method, url }, response) => {
      said.push(`${method} ${url}`);
      response.end('by proxy');
    });
    proxy.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
      said.push(`CONNECT ${url}`);
      const target = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    await using server = await startEdgeServer((_request, response) => response.end('word'), certificate);
    vi.stubEnv('https_proxy', `http://127.0.0.1:${port}`);
    vi.stubEnv('http_proxy', `http://127.0.0.1:${port}`);
    vi.stubEnv('no_proxy', '');
    const { happened, mono } = makeClock();
    const get = connectTo(server.origin, mono, () => trusting(certificate.ca, 'localhost', happened));
    for (let i = 0; i < 2; i++) expect(await get('/time')).toMatchObject({ ok: true, value: { body: 'word' } });
    expect(happened).toEqual(['judged', 'read', 'read', 'read', 'read']);
    const plain = connectTo('http://edge.test', mono, noTls);
    expect(await plain('/time')).toMatchObject({ ok: true, value: { body: 'by proxy' } });
    vi.unstubAllEnvs();
    expect(said).toEqual([`CONNECT localhost:${server.port}`, 'GET http://edge.test/time']);
    proxy.closeAllConnections();
    proxy.close();
  });

  it.each([
    ['takes no call', ''],
    ['ends at itself', 'HTTP/1.1 200 OK\r\n\r\n'],
  ])('is closed again where a proxy %s', async (_name, said) => {
    const connections: Socket[] = [];
    await using proxy = await startTcpServer((socket) => {
      connections.push(socket);
      socket.once('data', () => socket.write(said)).on('data', () => {});
    });
    vi.stubEnv('https_proxy', `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv('no_proxy', '');
    const get = connectTo('https://edge.test', makeClock().mono, () => trusting(makeCertificate().ca, 'x'), QUICK);
    expect(await get('/time')).toMatchObject({ ok: false, reason: 'unreachable' });
    vi.unstubAllEnvs();
    await vi.waitFor(() => expect(connections.map(({ closed }) => closed)).toEqual([true]));
  });

  it('hands on the status, and when to come again; a redirection is not followed', async () => {
    expect(await ask((_request, response) => response.writeHead(503, { 'retry-after': '7' }).end('no'))).toMatchObject({
      ok: true,
      value: { status: 503, retryAfter: 7, body: 'no' },
    });
    const moved = await ask((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect(moved).toMatchObject({ ok: true, value: { status: 302, body: '' } });
    const dated = await ask((_request, response) => response.setHeader('retry-after', 'soon').end());
    expect(dated.ok && dated.value).not.toHaveProperty('retryAfter');
  });
});

describe('no answer is', () => {
  it('one that is too long', async () => {
    expect(await ask((_request, response) => response.end('x'.repeat(64 * 1024)))).toMatchObject({ ok: true });
    expect(await ask((_request, response) => response.end('x'.repeat(64 * 1024 + 1)))).toEqual(refuse('too-long'));
    const endless: RequestListener = (_request, response) => {
      const write = (): void =>
        void (response.write('x'.repeat(1_000)) ? setImmediate(write) : response.once('drain', write));
      response.once('close', () => response.removeAllListeners('drain'));
      write();
    };
    expect(await ask(endless)).toEqual(refuse('too-long'));
  });

  it('one that does not come, or does not end', async () => {
    expect(await ask(() => {}, QUICK)).toMatchObject({ ok: false, reason: 'timeout' });
    expect(await ask((_request, response) => void response.write('wo'), QUICK)).toMatchObject({
      ok: false,
      reason: 'timeout',
    });
  });

  it('one that breaks off', async () => {
    const broken: RequestListener = ({ socket }, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('wo');
      setImmediate(() => socket.destroy());
    };
    expect(await ask(broken)).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  it('one that is not HTTP', async () => {
    await using server = await startTcpServer((socket) => socket.write('SSH-2.0-x\r\n'));
    const get = connectTo(`http://127.0.0.1:${server.port}`, makeClock().mono, noTls);
    expect(await get('/')).toEqual(refuse('malformed', 'not HTTP'));
  });

  it('another protocol, nor a head without end', async () => {
    for (const said of [
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`,
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100),
    ]) {
      await using server = await startTcpServer((socket) => socket.once('data', () => socket.end(said)));
      const get = connectTo(`http://127.0.0.1:${server.port}`, makeClock().mono, noTls);
      expect(await get('/')).toMatchObject({ ok: false, reason: expect.stringMatching(/^(malformed|unreachable)$/) });
    }
  });

  it('one that only says that there will be one', async () => {
    await using server = await startTcpServer((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(20)));
    });
    const get = connectTo(`http://127.0.0.1:${server.port}`, makeClock().mono, noTls);
    expect(await get('/')).toEqual(refuse('malformed', 'more than 8 informational responses'));
  });

  it('another protocol on a connection that was in use: it does not stay', async () => {
    const connections: Socket[] = [];
    await using server = await startTcpServer((socket) => {
      connections.push(socket);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        socket.once('data', () =>
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
        );
      });
    });
    const get = connectTo(`http://127.0.0.1:${server.port}`, makeClock().mono, noTls);
    expect(await get('/')).toMatchObject({ ok: true });
    expect(await get('/')).toEqual(refuse('malformed', 'another protocol'));
    await vi.waitFor(() => expect(connections.map(({ closed }) => closed)).toEqual([true]));
  });

  it('to be had where nobody listens', async () => {
    const port = await freeTcpPort();
    for (const scheme of ['http', 'https']) {
      const get = connectTo(`${scheme}://127.0.0.1:${port}`, makeClock().mono, () =>
        trusting(makeCertificate().ca, '127.0.0.1'),
      );
      expect(await get('/')).toEqual(refuse('unreachable', 'ECONNREFUSED'));
    }
  });

  it.each([
    { name: 'speaks no TLS', accept: 'HTTP/1.1 400 Bad Request\r\n\r\n', word: 'tls' },
    { name: 'says nothing', accept: '', word: 'tls' },
  ])('to be had of one that $name', async ({ accept, word }) => {
    await using server = await startTcpServer((socket) => socket.write(accept));
    const tls = () => trusting(makeCertificate().ca, '127.0.0.1');
    const get = connectTo(`https://127.0.0.1:${server.port}`, makeClock().mono, tls, QUICK);
    expect(await get('/')).toMatchObject({ ok: false, reason: word });
  });

  it('to be had of one that knows no TLS newer than 1.2', async () => {
    const certificate = makeCertificate();
    await using server = await startKeyServer({ certificate, maxVersion: 'TLSv1.2', answer: () => {} });
    const tls = () => trusting(certificate.ca, 'localhost');
    const get = connectTo(`https://localhost:${server.port}`, makeClock().mono, tls);
    expect(await get('/')).toEqual(refuse('tls', 'it has no TLS 1.3'));
  });

  it.each([
    { name: 'by another authority', ca: { authority: 'other' }, host: 'localhost', word: 'certificate-untrusted' },
    { name: 'for another name', ca: {}, host: 'time.example.org', word: 'certificate-name' },
  ])('asked for where the certificate is $name', async ({ ca, host, word }) => {
    let asked = 0;
    await using server = await startEdgeServer((_request, response) => {
      asked++;
      response.end();
    }, makeCertificate());
    const get = connectTo(server.origin, makeClock().mono, () => trusting(makeCertificate(ca).ca, host));
    expect(await get('/')).toMatchObject({ ok: false, reason: word });
    expect(asked).toBe(0);
  });

  it('to be had where whom to trust cannot be read', async () => {
    const get = connectTo('https://127.0.0.1:9', makeClock().mono, noTls);
    expect(await get('/')).toMatchObject({ ok: false, reason: 'tls' });
  });

  it('asked for where judging the certificate fails', async () => {
    const certificate = makeCertificate();
    await using server = await startEdgeServer((_request, response) => response.end(), certificate);
    const judge = (): never => {
      throw Object.assign(new Error('bad'), { code: 'ERR_X' });
    };
    const get = connectTo(server.origin, makeClock().mono, () => ({ ...trusting(certificate.ca, 'localhost'), judge }));
    expect(await get('/')).toEqual(refuse('certificate-untrusted', 'ERR_X'));
  });
});
