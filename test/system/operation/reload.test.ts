/**
 * The configuration of a gateway that runs, by SIGHUP and by its file alone, while a client asks it all the time: no request goes
 * unanswered, no reply is without time, and true time is in each.
 */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../../ntp-gateway/status/status.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { askPrecisely, expectTruth, startTestEdge, type TestEdge } from '../../support/edge.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import {
  type GatewayProcess,
  makeGatewayState,
  startGateway,
  untilPublished,
  untilWithin,
} from '../../support/gateway.ts';
import { type GatewayConfig, writeConfig } from '../../support/gateway-config.ts';
import { talk } from '../../support/key-client.ts';
import { logLines } from '../../support/log-lines.ts';
import { type NtpUpstream, startNtpUpstream } from '../../support/ntp-upstream.ts';
import { ntsTable } from '../../support/nts-gateway.ts';
import { startSteadyClient } from '../../support/steady-client.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { gatewayKeys, makeSymmetricKey } from '../../support/symmetric-keys.ts';
import { waitFor } from '../../support/wait-for.ts';

const SHIFT_MS = 5_000;

/** What its operator does. That it has happened is awaited by what comes of it: the log says a thing six times a minute at most. */
const operate = (gateway: GatewayProcess, first: GatewayConfig) => {
  const { ntpPort, stateDir, child } = gateway;
  let config = first;
  /** Without a word: the gateway finds it. */
  const write = (change: GatewayConfig): string => {
    config = { ...config, ...change };
    return writeConfig(config, stateDir, ntpPort);
  };
  const hangUp = (): void => void process.kill(child.pid, 'SIGHUP');
  const untilConfiguration = (holds: (is: NonNullable<Status['configuration']>) => boolean) =>
    waitFor(`${holds}`, async () => {
      const { configuration } = await gateway.status();
      return configuration && holds(configuration) && configuration;
    });
  return {
    write,
    hangUp,
    untilConfiguration,
    reload: (change: GatewayConfig): void => {
      write(change);
      hangUp();
    },
    untilSelected: (...upstreams: readonly NtpUpstream[]) =>
      waitFor(`${upstreams.length} selected, and no others`, async () => {
        const sources = await gateway.sources();
        const selected = sources.filter(({ state }) => state === 'selected').map(({ id }) => id);
        const wanted = upstreams.map(({ port }) => `127.0.0.1:${port}`);
        return sources.length === wanted.length && wanted.every((id) => selected.includes(id));
      }),
  };
};

describe('sources, edges and keys of a gateway that runs', () => {
  const keep = stopAfterAll();
  let gateway: GatewayProcess;
  let operator: ReturnType<typeof operate>;
  let client: Awaited<ReturnType<typeof startSteadyClient>>;
  let edge: TestEdge;
  let a: NtpUpstream;
  let b: NtpUpstream;
  let c: NtpUpstream;
  let askedBefore = 0;
  beforeAll(async () => {
    const start = () => keep(startNtpUpstream(SHIFT_MS));
    [a, b, c] = [await start(), await start(), await start()];
    const { stateDir, x } = await makeGatewayState();
    edge = await keep(startTestEdge(x));
    const config = { sources: [a] };
    gateway = await keep(startGateway({ ...config, stateDir }));
    operator = operate(gateway, config);
    await untilWithin(gateway, 20);
    client = await startSteadyClient(gateway.ntpPort, SHIFT_MS);
  });

  it('takes up what SIGHUP brings, and what its file says without one', async () => {
    operator.reload({ sources: [a, b] });
    await operator.untilSelected(a, b);
    operator.write({ sources: [{ ...b, minPoll: -3, maxPoll: 0 }] });
    await operator.untilSelected(b);
    operator.reload({ sources: [c] }); // nobody is left who was asked before
    await operator.untilSelected(c);
    askedBefore = b.asked();
    operator.reload({ sources: [a, c] });
    await operator.untilSelected(a, c);
  });

  it('says what is wrong with a file that turns bad, until it is good again', async () => {
    const file = operator.write({});
    const good = readFileSync(file, 'utf8');
    const bad = good.replace('[gateway]\n', '[gateway]\nmax_drfit = "1ppm"\n');
    const line = 1 + bad.split('\n').findIndex((one) => one.startsWith('max_drfit'));
    writeFileSync(file, bad);
    const { fault } = await operator.untilConfiguration((is) => is.fault !== null);
    expect(fault).toBe(`${file}:${line}: gateway.max_drfit: unknown key; did you mean "max_drift"?`);
    const warned = logLines(gateway.child.said.stderr).filter(
      ({ event, level }) => event === 'reload' && level === 'warn',
    );
    expect(warned).toMatchObject([{ file, msg: `not reloaded: ${fault}` }]);
    await operator.untilSelected(a, c);
    writeFileSync(file, good);
    const { needsRestart } = await operator.untilConfiguration((is) => is.fault === null);
    expect(needsRestart).toEqual([]);
  });

  it('publishes to an edge from now on, no more, and again where its chain was', async () => {
    const untilEdges = (many: number) =>
      waitFor(`${many} edges`, async () => (await gateway.status()).publish.length === many);
    operator.reload({ publish: [edge.url] });
    await untilEdges(1);
    const first = (await untilPublished(gateway)).publish[0]!.samples;
    expectTruth(await askPrecisely(edge.url), SHIFT_MS);
    operator.reload({ publish: [] });
    await untilEdges(0);
    operator.reload({ publish: [edge.url] });
    await untilEdges(1);
    const { publish } = await untilPublished(gateway, first + 3);
    expect(publish[0]!.counters).not.toHaveProperty('status-409');
    operator.reload({ publish: [] });
    await untilEdges(0);
  });

  it('answers by the keys that are in its file now', async () => {
    const [one, other] = [makeSymmetricKey(7, 'sha1'), makeSymmetricKey(7, 'sha1')];
    const isAnswered = async (secret: Uint8Array): Promise<boolean> => {
      const socket = createSocket('udp4');
      const header = Buffer.alloc(48);
      header[0] = 0x23;
      const sign = (bytes: Buffer) => createHash('sha1').update(secret).update(bytes).digest();
      const packet = Buffer.concat([header, Buffer.from([0, 0, 0, 7]), sign(header)]);
      socket.connect(gateway.ntpPort, '127.0.0.1', () => socket.send(packet));
      const heard = once(socket, 'message', { signal: AbortSignal.timeout(500) });
      const [reply] = (await heard.catch(() => [])) as [Buffer?];
      socket.close();
      return reply?.subarray(52).equals(sign(reply.subarray(0, 48))) ?? false;
    };
    const until = (secret: Uint8Array) => waitFor('an answer by this key', () => isAnswered(secret));
    const keys = gatewayKeys([one]);
    operator.reload({ keys });
    await until(one.secret);
    const { secret_file } = keys['7'] as { secret_file: string };
    writeFileSync(secret_file, Buffer.from(other.secret).toString('hex'));
    operator.hangUp(); // its file has not changed
    await until(other.secret);
    expect(await isAnswered(one.secret)).toBe(false);
    writeFileSync(secret_file, 'nonsense');
    operator.hangUp();
    await operator.untilConfiguration((is) => /is not hexadecimal/.test(is.fault ?? ''));
    await until(other.secret);
    writeFileSync(secret_file, Buffer.from(other.secret).toString('hex'));
  });

  it('names what has to wait for a restart', async () => {
    operator.reload({ id: 'another', server: { threads: 3 } });
    const { needsRestart } = await operator.untilConfiguration((is) => is.needsRestart.length > 0);
    expect(needsRestart).toEqual(['gateway.id', 'server.threads']);
    expect((await gateway.status()).gateway).toBe('gw-test');
  });

  it('has answered all the time, with true time, in one epoch', async () => {
    const { sent, answered, withoutTime, untrue } = await client.finish();
    expect(sent).toBeGreaterThan(100);
    expect({ answered, withoutTime, untrue }).toEqual({ answered: sent, withoutTime: 0, untrue: [] });
    expect((await gateway.status()).epoch).toBe(1);
    expect(b.asked()).toBeLessThanOrEqual(askedBefore + 1); // which was on its way
  });
});

describe('the certificate of a gateway that runs', () => {
  it('is that of the files that are named now', async () => {
    const listen = `127.0.0.1:${await freeTcpPort()}`;
    const port = Number(listen.split(':')[1]);
    const config = { sources: [{ port: 9 }], server: { nts: ntsTable(listen, makeCertificate()) } };
    await using gateway = await startGateway(config);
    const operator = operate(gateway, config);
    const kind = async (): Promise<string | undefined> => {
      let shown: string | undefined;
      const secured = (socket: TLSSocket): void => {
        shown = socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType;
        socket.end();
      };
      await talk({ port, secured });
      return shown;
    };
    expect(await kind()).toBe('ec');
    operator.reload({ server: { nts: ntsTable(listen, makeCertificate({ kind: 'rsa' })) } });
    await waitFor('the new certificate', async () => (await kind()) === 'rsa');
  });
});
