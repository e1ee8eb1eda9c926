/** NTS as a client (RFC 8915): real servers, whose keys grow old, get lost or are found again, and who sits on the path to them. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { hasChronyd, hasNewerChronyd, startChronyd } from '../support/chronyd.ts';
import { type NtsChronyd, startNtsChronyd } from '../support/chronyd-nts.ts';
import { countersOf, expectShiftOf, sourceOf, startGateway, untilMeasured } from '../support/gateway.ts';
import { hasNtpdRs, startNtpdRsServer } from '../support/ntpd-rs.ts';
import { forgeries, nak } from '../support/nts-forgeries.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startUdpRelay } from '../support/udp-relay.ts';
import { waitFor } from '../support/wait-for.ts';

const SHIFT = 5;

const follow = ({ port, ntsPort, certificate }: Pick<NtsChronyd, 'port' | 'ntsPort' | 'certificate'>) => ({
  port,
  ntsPort,
  ca: certificate.ca,
  minPoll: -3, // a cookie is a second old when it is used
});

describe.skipIf(!hasChronyd)('a gateway that follows a server with NTS', { concurrent: true }, () => {
  it.for([
    { name: 'chronyd of this machine', newer: false, algorithm: 'AES-SIV-CMAC-256' },
    { name: 'the newer chronyd', newer: true, algorithm: 'AES-128-GCM-SIV' },
    { name: 'the newer chronyd', newer: true, config: ['ntsaeads 15'], algorithm: 'AES-SIV-CMAC-256' },
  ])(
    '$name with $algorithm: its keys rotate, it is restarted, it loses its keys',
    async ({ newer, algorithm, config = [] }, { skip }) => {
      skip(newer && !hasNewerChronyd);
      const options = { newer, config, shiftSeconds: SHIFT, rotateSeconds: 3 }; // cookies are good for 6 s: a machine may stand still
      await using server = await startNtsChronyd(options);
      await using gateway = await startGateway({ sources: [follow(server)] });
      await untilMeasured(gateway);
      expect((await sourceOf(gateway)).nts).toMatchObject({ algorithm, exchange: { fault: null } });
      await expectShiftOf(gateway, SHIFT);

      const sealing = await waitFor('keys', () => server.keyIds().at(-2));
      await waitFor('keys that open no cookie of then', () => !server.keyIds().includes(sealing));
      const { 'key-exchange': exchanges, 'nts-nak': naks } = await untilMeasured(gateway);
      expect({ exchanges, naks }).toEqual({ exchanges: 1, naks: undefined });

      await server.stop();
      const again = { ...options, ...server, rotateSeconds: 600 };
      await using restarted = await startNtsChronyd(again);
      const { 'key-exchange': stillOne } = await untilMeasured(gateway, 4);
      expect(stillOne).toBe(1);

      await restarted.stop();
      await rm(join(server.dumpDir, 'ntskeys'));
      await using _forgetful = await startNtsChronyd(again);
      const forgotten = await untilMeasured(gateway, 4);
      expect(forgotten).toMatchObject({ 'key-exchange': 2, 'nts-nak': expect.any(Number) });
      await expectShiftOf(gateway, SHIFT);
    },
  );

  it('loses a reply, and gets the cookie again that it spent on it', async () => {
    const elsewhere = '127.0.0.2';
    await using server = await startNtsChronyd({ shiftSeconds: SHIFT, config: [`ntsntpserver ${elsewhere}`] });
    await using path = await startUdpRelay(server.port, { address: elsewhere, port: server.port });
    await using gateway = await startGateway({ sources: [follow(server)] });
    await untilMeasured(gateway, 2);
    expect((await sourceOf(gateway)).nts).toMatchObject({ server: { address: elsewhere, port: server.port } });
    let isLost = false;
    path.down.attack = (reply) => {
      const passes = isLost ? [reply] : [];
      isLost = true;
      return passes;
    };
    expect(await untilMeasured(gateway, 2)).toMatchObject({ timeout: 1, 'key-exchange': 1 });
    await waitFor('all eight', async () => (await sourceOf(gateway)).nts?.cookies === 8);
    await expectShiftOf(gateway, SHIFT);
  });

  it('in interleaved mode is started again, and goes on with the keys that it had', async () => {
    const stateDir = makeTempDir();
    await using server = await startNtsChronyd({ shiftSeconds: SHIFT });
    const sources = [{ ...follow(server), interleaved: true }];
    await using gateway = await startGateway({ sources, stateDir });
    await untilMeasured(gateway);
    await gateway.stop();
    await server.stop();
    // Nobody exchanges keys there any more.
    const { ntsPort: _, ...silent } = server;
    await using restarted = await startNtsChronyd({ ...silent, shiftSeconds: SHIFT });
    await using next = await startGateway({ sources, stateDir });
    expect(await untilMeasured(next)).toMatchObject({ 'key-exchange': 1, interleaved: expect.any(Number) });
    expect((await sourceOf(next)).nts).toMatchObject({ exchange: { remembered: true } });
    expect(await restarted.exchanges()).toBe(0);
    await expectShiftOf(next, SHIFT);
  });

  it.skipIf(!hasNtpdRs)('of ntpd-rs, whose keys rotate', async () => {
    await using server = await startNtpdRsServer();
    await using gateway = await startGateway({ sources: [follow(server)] });
    const counters = await untilMeasured(gateway, 20);
    expect(counters).toMatchObject({ 'key-exchange': 1, measured: expect.any(Number) });
    expect(counters).not.toHaveProperty('nts-nak');
    await expectShiftOf(gateway, 0);
  });

  it('knows the time by it though the host does not, whose clock is days behind', async () => {
    const [day, days] = [86_400, 3 * 86_400];
    const from = new Date(Date.now() + 1e3 * day).toISOString().replace(/\.\d+/, '');
    const certificate = makeCertificate({ from });
    await using server = await startNtsChronyd({ shiftSeconds: days, certificate });
    await using gateway = await startGateway({ sources: [follow(server)] });
    await untilMeasured(gateway);
    await expectShiftOf(gateway, days);
    expect(gateway.child.said.stderr.match(/certificate is out of date/g)).toHaveLength(1);
  });

  it.each([
    { fault: 'certificate-untrusted', certificate: { authority: 'another' } },
    { fault: 'certificate-name', certificate: { names: ['elsewhere.example'] } },
    { fault: 'certificate-time', certificate: { to: '2021-01-01T00:00:00Z' } },
  ])('is told no time where there is no proof: $fault', async ({ fault, certificate: options }) => {
    const certificate = makeCertificate(options);
    await using server = await startNtsChronyd({ shiftSeconds: SHIFT, certificate });
    const { ca } = fault === 'certificate-untrusted' ? makeCertificate() : certificate;
    await using gateway = await startGateway({ sources: [{ ...follow(server), ca }] });
    await waitFor('a fault', async () => (await sourceOf(gateway)).nts?.exchange.fault === fault);
    expect(await countersOf(gateway)).toEqual({ 'key-exchange': 1 });
    expect((await gateway.status()).synchronized).toBe(false);
  });
});

/** Of forgeries. */
const REFUSALS = ['bad-authenticator', 'malformed-nts', 'unauthenticated', 'wrong-identifier'];

describe.skipIf(!hasChronyd)('an attacker on the path', { concurrent: true }, () => {
  it('moves no clock', async () => {
    const elsewhere = '127.0.0.2';
    await using server = await startNtsChronyd({ shiftSeconds: SHIFT, config: [`ntsntpserver ${elsewhere}`] });
    await using path = await startUdpRelay(server.port, { address: elsewhere, port: server.port });
    let earlier = Buffer.alloc(0);
    path.down.attack = (reply) => {
      earlier = Buffer.from(reply);
      return [reply];
    };
    await using gateway = await startGateway({ sources: [{ ...server, ca: server.certificate.ca }] });
    await untilMeasured(gateway, 1);

    path.down.attack = (reply) => [...forgeries(reply, earlier), nak(reply), reply];
    const { sent: _, measured: __, 'key-exchange': exchanges, ...refused } = await untilMeasured(gateway, 4);
    expect(exchanges).toBe(1);
    expect(Object.keys(refused).toSorted()).toEqual([...REFUSALS, 'nts-nak'].toSorted());
    await expectShiftOf(gateway, SHIFT);

    // To have us ask for keys again is all that he can bring about.
    path.down.attack = (reply) => {
      path.down.attack = undefined;
      return [...forgeries(reply, earlier), nak(reply)];
    };
    await waitFor('new keys', async () => (await countersOf(gateway))['key-exchange'] === 2);
    const { sent, measured } = await untilMeasured(gateway, 4);
    expect([1, 2]).toContain(sent! - measured!); // one may be under way
    await expectShiftOf(gateway, SHIFT);
  });
});

describe.skipIf(!hasChronyd)('require_nts', { concurrent: true }, () => {
  it('leaves those that do not authenticate themselves without a vote, however many', async () => {
    await using server = await startNtsChronyd({ shiftSeconds: SHIFT });
    await using one = await startChronyd({ shiftSeconds: 3_600 });
    await using other = await startChronyd({ shiftSeconds: 3_600 });
    const sources = [one, other, { ...server, ca: server.certificate.ca }];
    await using gateway = await startGateway({ sources, requireNts: true });
    for (const place of sources.keys()) await untilMeasured(gateway, 3, { place });
    expect((await gateway.sources()).map(({ state }) => state)).toEqual([
      'unauthenticated',
      'unauthenticated',
      'selected',
    ]);
    await expectShiftOf(gateway, SHIFT);
    expect((await sourceOf(gateway, 2)).nts).toMatchObject({ exchange: { fault: null } });
  });
});
