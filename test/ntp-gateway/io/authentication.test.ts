import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type MonoNanos, monoNanos, type UnixNanos, unixMillis } from '#contract/time.ts';
import { openCryptography } from '#native/cryptography.ts';
import {
  type Authentication,
  type AuthenticationParts,
  openAuthentication,
} from '../../../ntp-gateway/io/authentication.ts';
import { resolve } from '../../../ntp-gateway/io/names.ts';
import { keepSessions, takeSessions } from '../../../ntp-gateway/io/nts-sessions.ts';
import { askOver } from '../../../ntp-gateway/io/udp.ts';
import type { Asked, Datagram, KeyServer, Ports } from '../../../ntp-gateway/ports.ts';
import type { NtsKeys } from '../../../ntp-gateway/protocol/nts-session.ts';
import type { SymmetricKey } from '../../../ntp-gateway/protocol/server-keys.ts';
import { decodePacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { encodeRecords } from '../../../ntp-gateway/wire/nts-record.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { hasChronyd, hasNewerChronyd, startChronyd } from '../../support/chronyd.ts';
import { startNtsChronyd } from '../../support/chronyd-nts.ts';
import { GOOD_RECORDS, startKeyServer } from '../../support/key-server.ts';
import { NAK, openRequest, REPLY, sealReply } from '../../support/nts-peer.ts';
import { chronyKeys, MAC_ALGORITHMS, makeSymmetricKey } from '../../support/symmetric-keys.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const mono = (): MonoNanos => monoNanos(process.hrtime.bigint());
const wall = (): UnixNanos => unixMillis(Date.now());
/** A client's request with a nonce that no reply can know. */
const request = (): Uint8Array => Uint8Array.from([0x23, ...new Uint8Array(39), ...randomBytes(8)]);

type Opened = Authentication & { readonly stateDir: string; readonly said: string[] };

const open = (parts: Partial<AuthenticationParts> = {}): Opened => {
  const stateDir = parts.stateDir ?? makeTempDir();
  const said: string[] = [];
  const log: Ports['log'] = ({ msg }) => void said.push(msg);
  const own = { ask: askOver(mono), wall, resolve, log, keys: [], stateDir, openCryptography };
  return { ...openAuthentication({ ...own, chance: randomBytes, ...parts }), stateDir, said };
};

/** One request, and the first that came back to it; undefined where it was not sent. */
const exchange = ({ ask }: Authentication, server: Omit<Asked, 'source' | 'address'>, bytes = request()) =>
  new Promise<Datagram | undefined>((heard) => {
    const close = ask(
      { source: 's', address: '127.0.0.1', ...server },
      bytes,
      (at) => {
        if (at === undefined) finish(undefined);
      },
      (datagram) => finish(datagram),
    );
    const finish = (datagram: Datagram | undefined): void => {
      close();
      heard(datagram);
    };
  });

const keyServer = (ntsPort: number, options: Partial<KeyServer> = {}): KeyServer => ({
  source: 's',
  name: 'localhost',
  address: '127.0.0.1',
  port: 123,
  nts: { port: ntsPort, ca: makeCertificate().ca },
  ...options,
});

/** A server of both protocols by AES-SIV-CMAC-256 (15) or AES-128-GCM-SIV (30), which answers as it is told. */
const startNtsServer = async (algorithm: 15 | 30 = 15, isCompliant = true) => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const state: { keys: NtsKeys; exchanges: number; requests: Uint8Array[] } = {
    keys: { c2s: new Uint8Array(), s2c: new Uint8Array() },
    exchanges: 0,
    requests: [],
  };
  let answer = (bytes: Uint8Array): readonly Uint8Array[] => {
    const opened = openRequest({ algorithm, c2s: state.keys.c2s }, bytes);
    if (!opened) return [Buffer.concat([NAK, bytes.subarray(48, 84)])];
    const cookies = [opened.cookie, ...opened.placeholders].map(({ length }) => randomBytes(length));
    return [sealReply({ algorithm, s2c: state.keys.s2c }, { identifier: opened.identifier, cookies })];
  };
  socket.on('message', (bytes, from) => {
    state.requests.push(new Uint8Array(bytes));
    for (const reply of answer(new Uint8Array(bytes))) socket.send(reply, from.port, from.address);
  });
  const keys = await startKeyServer({
    answer: (tls) => {
      state.exchanges++;
      const key = (direction: number): Uint8Array => {
        const context = Buffer.from([0, 0, 0, isCompliant ? algorithm : 15, direction]);
        return new Uint8Array(
          tls.exportKeyingMaterial(algorithm === 15 ? 32 : 16, 'EXPORTER-network-time-security', context),
        );
      };
      state.keys = { c2s: key(0), s2c: key(1) };
      const [protocol, , ...cookies] = GOOD_RECORDS;
      const ports = { critical: true, type: 7, body: Uint8Array.of(port >> 8, port) };
      tls.write(
        encodeRecords([protocol!, { critical: true, type: 4, body: Uint8Array.of(0, algorithm) }, ports, ...cookies]),
      );
    },
  });
  return {
    state,
    port,
    ntsPort: keys.port,
    /** From now on. */
    answerBy: (other: typeof answer): void => {
      answer = other;
    },
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await keys[Symbol.asyncDispose]();
    },
  };
};

describe('a source with NTS', () => {
  it('has keys, then asks with them and is heard; each cookie goes out once', async () => {
    await using server = await startNtsServer();
    const authentication = open();
    const agreed = await authentication.exchangeKeys(keyServer(server.ntsPort), undefined);
    expect(agreed).toMatchObject({
      ok: true,
      value: {
        algorithm: 15,
        cookies: 8,
        server: { address: '127.0.0.1', port: server.port, referenceId: 0x7f000001 },
        validity: { earliest: unixMillis(Date.UTC(2020, 0, 1)), latest: unixMillis(Date.UTC(2099, 0, 1)) },
        isRemembered: false,
      },
    });
    for (let i = 0; i < 12; i++) {
      const datagram = await exchange(authentication, { port: server.port, nts: true });
      expect(datagram).toMatchObject({ authentication: 'authentic', fromServer: true, cookies: 8 });
      expect(new Uint8Array(datagram!.bytes)).toEqual(REPLY);
    }
    const cookies = server.state.requests.map((bytes) => Buffer.from(bytes.subarray(88, 188)).toString('hex'));
    expect(new Set(cookies).size).toBe(12);
  });

  it('sends nothing without keys, nor without a cookie, and never unsealed', async () => {
    await using server = await startNtsServer();
    server.answerBy(() => [REPLY]);
    const authentication = open();
    expect(await exchange(authentication, { port: server.port, nts: true })).toBeUndefined();
    await authentication.exchangeKeys(keyServer(server.ntsPort), undefined);
    for (let i = 7; i >= 0; i--) {
      const datagram = await exchange(authentication, { port: server.port, nts: true });
      expect(datagram).toMatchObject({ authentication: 'unauthenticated', cookies: i, bytes: new Uint8Array() });
    }
    expect(await exchange(authentication, { port: server.port, nts: true })).toBeUndefined();
    expect(server.state.requests.map(({ length }) => length > 48)).toEqual(Array(8).fill(true));
  });

  it('does not report what it could not send to who has hung up', async () => {
    const { ask } = open();
    const sent = await new Promise((resolve) => {
      ask(
        { source: 's', address: '127.0.0.1', port: 9, nts: true },
        request(),
        () => resolve('told'),
        () => {},
      )();
      setTimeout(resolve, 5, 'not told');
    });
    expect(sent).toBe('not told');
  });

  it('hears one reply to each request, and none from a stranger', async () => {
    await using server = await startNtsServer();
    const words: Datagram['authentication'][] = [];
    const ask: AuthenticationParts['ask'] = (_, bytes, _sent, heard) => {
      const { c2s, s2c } = server.state.keys;
      const reply = sealReply({ algorithm: 15, s2c }, openRequest({ algorithm: 15, c2s }, new Uint8Array(bytes))!);
      for (const fromServer of [false, true, true]) heard({ bytes: reply, receivedAt: mono(), fromServer });
      return () => {};
    };
    const authentication = open({ ask });
    await authentication.exchangeKeys(keyServer(server.ntsPort), undefined);
    const hear = ({ authentication: word }: Datagram): void => void words.push(word);
    authentication.ask({ source: 's', address: '127.0.0.1', port: 9, nts: true }, request(), () => {}, hear);
    expect(words).toEqual(['unauthenticated', 'authentic', 'wrong-identifier']);
  });

  it('whose server knows no context but RFC 8915’s has other keys by the second exchange', async () => {
    await using server = await startNtsServer(30);
    const authentication = open();
    await authentication.exchangeKeys(keyServer(server.ntsPort), undefined);
    expect(await exchange(authentication, { port: server.port, nts: true })).toMatchObject({
      authentication: 'nts-nak',
    });
    await authentication.exchangeKeys(keyServer(server.ntsPort), undefined);
    expect(await exchange(authentication, { port: server.port, nts: true })).toMatchObject({
      authentication: 'authentic',
    });
    server.answerBy((bytes) => [Buffer.concat([NAK, bytes.subarray(48, 84)])]); // it has lost its keys, and not changed its mind
    expect(await exchange(authentication, { port: server.port, nts: true })).toMatchObject({
      authentication: 'nts-nak',
    });
    await authentication.exchangeKeys(keyServer(server.ntsPort), undefined);
    await exchange(authentication, { port: server.port, nts: true });
    expect(openRequest({ algorithm: 30, c2s: server.state.keys.c2s }, server.state.requests.at(-1)!)).toBeDefined();
  });

  it('sticks to the context by which it was heard, whatever a forged NTSN has said before', async () => {
    await using server = await startNtsServer(30, false);
    const ask: AuthenticationParts['ask'] = (_, bytes, _sent, heard) => {
      const { c2s, s2c } = server.state.keys;
      const request = new Uint8Array(bytes);
      const forged = Uint8Array.from([...NAK, ...request.subarray(48, 84)]);
      const opened = openRequest({ algorithm: 30, c2s }, request);
      const replies = opened ? [forged, sealReply({ algorithm: 30, s2c }, opened)] : [forged];
      for (const reply of replies) heard({ bytes: reply, receivedAt: mono(), fromServer: true });
      return () => {};
    };
    const authentication = open({ ask });
    for (let i = 0; i < 2; i++) {
      await authentication.exchangeKeys(keyServer(server.ntsPort), undefined);
      const words: Datagram['authentication'][] = [];
      const hear = ({ authentication: word }: Datagram): void => void words.push(word);
      authentication.ask({ source: 's', address: '127.0.0.1', port: 9, nts: true }, request(), () => {}, hear);
      expect(words).toEqual(['nts-nak', 'authentic']);
    }
  });

  it('keeps its keys where an exchange fails', async () => {
    await using server = await startNtsServer();
    const authentication = open();
    await authentication.exchangeKeys(keyServer(server.ntsPort), undefined);
    const wrong = keyServer(server.ntsPort, { name: 'time.example' });
    expect(await authentication.exchangeKeys(wrong, undefined)).toMatchObject({
      ok: false,
      reason: 'certificate-name',
    });
    expect(await exchange(authentication, { port: server.port, nts: true })).toMatchObject({
      authentication: 'authentic',
    });
  });

  it('has no keys where the authorities’ file is gone, or the server that is named has no address', async () => {
    await using server = await startNtsServer();
    const gone = keyServer(server.ntsPort, { nts: { port: server.ntsPort, ca: '/nonexistent.pem' } });
    expect(await open().exchangeKeys(gone, undefined)).toMatchObject({
      ok: false,
      reason: 'certificate-untrusted',
      detail: expect.stringContaining('/nonexistent.pem'),
    });
    const nowhere = open({ resolve: async () => [] });
    expect(await nowhere.exchangeKeys(keyServer(server.ntsPort), undefined)).toMatchObject({
      ok: false,
      reason: 'unresolved',
    });
  });

  it('asks the server that is named at an address of the kind that is known to get there', async () => {
    await using server = await startNtsServer();
    const both = ['2001:db8::1', '192.0.2.1', '192.0.2.2'].map((address) => ({ address, referenceId: 1 }));
    const address = async (found: typeof both) => {
      const agreed = await open({ resolve: async () => found }).exchangeKeys(keyServer(server.ntsPort), undefined);
      return agreed.ok && agreed.value.server.address;
    };
    expect(await address(both)).toBe('192.0.2.1');
    expect(await address(both.slice(0, 1))).toBe('2001:db8::1');
  });

  it('has the keys of the server that is believed now, however late another answers', async () => {
    await using server = await startNtsServer();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    const slowly: typeof resolve = async (host) => {
      if (asked++ === 0) await held;
      return resolve(host);
    };
    const gateway = open({ resolve: slowly });
    const late = gateway.exchangeKeys(keyServer(server.ntsPort), undefined);
    await waitFor('the first exchange', () => asked === 1);
    expect(await gateway.exchangeKeys(keyServer(server.ntsPort), undefined)).toMatchObject({ ok: true });
    release();
    expect(await late).toMatchObject({ ok: false, reason: 'duplicate' });
    expect(await exchange(gateway, { port: server.port, nts: true })).toMatchObject({ authentication: 'authentic' });
  });

  it('says once that a certificate was out of date', async () => {
    const certificate = makeCertificate({ from: '2090-01-01T00:00:00Z', to: '2091-01-01T00:00:00Z' });
    await using server = await startKeyServer({
      certificate,
      answer: (socket) => socket.write(encodeRecords(GOOD_RECORDS)),
    });
    const authentication = open({ verifyChain: () => undefined });
    for (let i = 0; i < 2; i++)
      expect(await authentication.exchangeKeys(keyServer(server.port), undefined)).toMatchObject({ ok: true });
    expect(authentication.said).toEqual([
      expect.stringContaining('source s: by the host’s clock its certificate is out of date'),
    ]);
  });
});

describe('from one run to the next', () => {
  const NONE = '{"version":1,"sessions":[]}\n';
  const kept = ({ stateDir }: Opened): string => readFileSync(join(stateDir, 'nts-sessions'), 'latin1');
  const run = async (server: Awaited<ReturnType<typeof startNtsServer>>, stateDir: string) => {
    const authentication = open({ stateDir });
    const file = join(stateDir, 'nts-sessions');
    return { authentication, file, agreed: await authentication.exchangeKeys(keyServer(server.ntsPort), undefined) };
  };

  it('keys and cookies are kept, for their owner alone, and taken once', async () => {
    await using server = await startNtsServer();
    const first = await run(server, makeTempDir());
    await exchange(first.authentication, { port: server.port, nts: true });
    first.authentication.keepKeys();
    expect(statSync(first.file).mode & 0o777).toBe(0o600);

    const second = await run(server, first.authentication.stateDir);
    expect(existsSync(first.file)).toBe(false);
    if (!first.agreed.ok) throw new Error(first.agreed.reason);
    expect(second.agreed).toEqual({ ok: true, value: { ...first.agreed.value, isRemembered: true } });
    expect(await exchange(second.authentication, { port: server.port, nts: true })).toMatchObject({
      authentication: 'authentic',
      cookies: 8,
    });
    expect(server.state.exchanges).toBe(1);
    expect(await second.authentication.exchangeKeys(keyServer(server.ntsPort), undefined)).toMatchObject({
      value: { isRemembered: false },
    });

    const third = await run(server, first.authentication.stateDir); // the second crashed
    expect(third.agreed).toMatchObject({ ok: true, value: { isRemembered: false } });
  });

  it.each<[string, Partial<KeyServer>]>([
    ['another address', { address: '::1' }],
    ['another name', { name: '127.0.0.1' }],
    ['another port', { port: 124 }],
    ['another source', { source: 't' }],
  ])('keys are not those of %s', async (_, changes) => {
    await using server = await startNtsServer();
    const { authentication } = await run(server, makeTempDir());
    authentication.keepKeys();
    const other = open({ stateDir: authentication.stateDir });
    const agreed = await other.exchangeKeys(keyServer(server.ntsPort, changes), undefined);
    expect(agreed.ok && agreed.value.isRemembered).toBe(false);
  });

  it('keys are not believed longer than the certificate', async () => {
    await using server = await startNtsServer();
    const { authentication } = await run(server, makeTempDir());
    authentication.keepKeys();
    const late = open({ stateDir: authentication.stateDir, wall: () => unixMillis(Date.UTC(2099, 0, 2)) });
    late.keepKeys(); // nor kept
    expect(kept(late)).toBe(NONE);
  });

  it('keys are believed by a clock that is behind', async () => {
    await using server = await startNtsServer();
    const { authentication } = await run(server, makeTempDir());
    authentication.keepKeys();
    const early = open({ stateDir: authentication.stateDir, wall: () => unixMillis(0) });
    const agreed = await early.exchangeKeys(keyServer(server.ntsPort), undefined);
    expect(agreed).toMatchObject({ ok: true, value: { isRemembered: true } });
  });

  it('keys that are a guess are not kept, nor those without a cookie', async () => {
    await using server = await startNtsServer(30);
    const guessing = (await run(server, makeTempDir())).authentication;
    guessing.keepKeys();
    expect(kept(guessing)).toBe(NONE);

    await using other = await startNtsServer();
    other.answerBy(() => [REPLY]);
    const spent = (await run(other, makeTempDir())).authentication;
    for (let i = 0; i < 8; i++) await exchange(spent, { port: other.port, nts: true });
    spent.keepKeys();
    expect(kept(spent)).toBe(NONE);
  });

  it('no more than 256 are held or kept, and those that were asked with last go last', async () => {
    const stateDir = makeTempDir();
    const server = (i: number) => keyServer(4460, { source: `${i}` });
    const validity = { earliest: unixMillis(0), latest: unixMillis(Date.UTC(2099, 0, 1)) };
    const agreed = { server: { address: '127.0.0.1', port: 9, referenceId: 1 }, validity };
    const session = { algorithm: 15, keys: { c2s: new Uint8Array(32), s2c: new Uint8Array(32) } } as const;
    keepSessions(
      stateDir,
      Array.from({ length: 300 }, (_, i) => ({
        with: server(i + 1),
        agreed,
        session: { ...session, cookies: [100, 104, 108].map((length) => new Uint8Array(length)) },
      })),
    );
    const asked: number[] = [];
    const ask: AuthenticationParts['ask'] = ({ port }) => {
      asked.push(port);
      return () => {};
    };
    const authentication = open({ stateDir, ask });
    const askAt = (port: number): void => {
      authentication.ask(
        { source: `${port}`, address: '127.0.0.1', port, nts: true },
        request(),
        () => {},
        () => {},
      )();
    };
    for (let i = 1; i <= 256; i++) await authentication.exchangeKeys(server(i), undefined);
    askAt(1);
    await authentication.exchangeKeys(server(257), undefined);
    askAt(2);
    askAt(1);
    expect(asked).toEqual([1, 1]);
    authentication.keepKeys();
    const kept = takeSessions(stateDir).map(({ with: { source } }) => Number(source));
    expect(kept).toHaveLength(256);
    expect(kept.slice(-3)).toEqual([256, 257, 1]);
  });

  it('those that nobody has asked for yet are kept once more', async () => {
    await using server = await startNtsServer();
    const { authentication } = await run(server, makeTempDir());
    authentication.keepKeys();
    open({ stateDir: authentication.stateDir }).keepKeys();
    const again = await run(server, authentication.stateDir);
    expect(again.agreed).toMatchObject({ ok: true, value: { isRemembered: true } });
  });
});

describe('a source with a key', () => {
  const key: SymmetricKey = makeSymmetricKey(7, 'sha256');

  it('without one of that number is not asked', async () => {
    expect(await exchange(open(), { port: 9, key: 7 })).toBeUndefined();
    expect(await exchange(open({ keys: [makeSymmetricKey(8, 'sha256')] }), { port: 9, key: 7 })).toBeUndefined();
  });

  it.skipIf(!hasChronyd).each(MAC_ALGORITHMS)('takes time from chronyd by %s', async (algorithm) => {
    const own = makeSymmetricKey(8, algorithm);
    await using chronyd = await startChronyd({ config: chronyKeys([own, key]) });
    const authentication = open({ keys: [key, own] });
    const bytes = request();
    const datagram = await exchange(authentication, { port: chronyd.port, key: 8 }, bytes);
    expect(datagram).toMatchObject({ authentication: 'authentic' });
    const packet = decodePacket(datagram!.bytes);
    expect(packet).toMatchObject({
      ok: true,
      value: { mode: 4, stratum: 3, originTimestamp: new DataView(bytes.buffer).getBigUint64(40) },
    });
    expect(packet.ok && packet.value.mac).toBeUndefined();
  });
});

it('a source without either is asked as before', async () => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  server.on('message', (bytes, from) => server.send(bytes, from.port, from.address));
  const bytes = request();
  const datagram = await exchange(open(), { port: server.address().port }, bytes);
  expect(new Uint8Array(datagram!.bytes)).toEqual(bytes);
  expect(datagram).not.toHaveProperty('authentication');
  server.close();
});

describe.each([
  { name: 'chronyd 4.3', newer: false, algorithm: 15, isThere: hasChronyd },
  { name: 'chronyd 4.6', newer: true, algorithm: 30, isThere: hasNewerChronyd },
])('$name with NTS', ({ newer, algorithm, isThere }) => {
  it.skipIf(!isThere)('gives us keys, and time by them', async () => {
    await using chronyd = await startNtsChronyd({ newer });
    const authentication = open();
    const agreed = await authentication.exchangeKeys(keyServer(chronyd.ntsPort), undefined);
    expect(agreed).toMatchObject({ ok: true, value: { algorithm, cookies: 8, server: { port: chronyd.port } } });
    for (let i = 0; i < 10; i++) {
      const bytes = request();
      const datagram = await exchange(authentication, { port: chronyd.port, nts: true }, bytes);
      expect(datagram).toMatchObject({ authentication: 'authentic', cookies: 8 });
      const originTimestamp = new DataView(bytes.buffer).getBigUint64(40);
      expect(decodePacket(datagram!.bytes)).toMatchObject({
        ok: true,
        value: { mode: 4, stratum: 3, originTimestamp },
      });
    }
  });
});
