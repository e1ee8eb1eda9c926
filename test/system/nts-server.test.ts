/** NTS as a server (RFC 8915): clients of the field take our time, keep their keys as long as we do, and get new ones when we lost ours. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { startChild } from '../support/child.ts';
import { type Follower, type FollowerReport, startFollower } from '../support/chronyc.ts';
import { type Chronyd, hasChronyd, hasNewerChronyd, queryWithChronyd, startChronyd } from '../support/chronyd.ts';
import { ntsClient } from '../support/chronyd-nts.ts';
import { hasNtpdRs, queryWithNtpdRs } from '../support/ntpd-rs.ts';
import { type NtsGateway, startNtsGateway } from '../support/nts-gateway.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { startUdpRelay } from '../support/udp-relay.ts';
import { waitFor } from '../support/wait-for.ts';

const SHIFT = 5;
const DAY_NS = 86_400n * 1_000_000_000n;

const CLIENTS = [
  { name: 'chronyd of this machine', newer: false, type: 15, keyBits: 256 },
  { name: 'the newer chronyd, AES-SIV-CMAC-256', newer: true, aead: 15 as const, type: 15, keyBits: 256 },
  { name: 'the newer chronyd, AES-128-GCM-SIV', newer: true, aead: 30 as const, type: 30, keyBits: 128 },
];

const followWith = (
  { newer, aead }: Pick<(typeof CLIENTS)[number], 'newer' | 'aead'>,
  gateway: NtsGateway,
  { address = '127.0.0.1', more = '' } = {},
): Promise<Follower> => {
  const { directive, config } = ntsClient({ ...gateway, ...(aead && { aead }) });
  return startFollower(startChild, address, `${directive} ${more}`, { port: gateway.ntpPort, config, newer });
};

/** Its first bound is more than a second: all that it has learnt is from one burst. */
const untilSelected = (follower: Follower, keyId: number) =>
  waitFor('a source that it selects, and all cookies', async () => {
    const report = await follower.report();
    const isWhole =
      report?.isSelected && report.bound < 1 && report.authentication.cookies === 8 && !report.authentication.isNak;
    return isWhole && report.authentication.keyId >= keyId && report;
  }).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${JSON.stringify(await follower.report())}\n${follower.child.said.stderr}`);
  });

const expectShift = ({ offset, bound }: FollowerReport): void =>
  expect(Math.abs(offset - SHIFT)).toBeLessThanOrEqual(bound);

describe.skipIf(!hasChronyd)('a client with NTS that synchronizes to us', { concurrent: true }, () => {
  const keep = stopAfterAll();
  let upstream: Chronyd;
  let gateway: NtsGateway;
  beforeAll(async () => {
    upstream = await keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 }));
    gateway = await keep(startNtsGateway({ upstream }));
  });

  it.for(CLIENTS)('$name', async (client, { skip }) => {
    skip(client.newer && !hasNewerChronyd);
    await using follower = await followWith(client, gateway);
    const report = await untilSelected(follower, 1);
    expectShift(report);
    const { stratum, authentication } = report;
    expect(stratum).toBe(3);
    const { type, keyBits } = client;
    expect(authentication).toMatchObject({ mode: 'NTS', keyId: 1, type, keyBits, attempts: 0, isNak: false });
  });

  it('chronyd in interleaved mode', async () => {
    await using follower = await followWith(CLIENTS[0]!, gateway, { more: 'xleave' });
    await waitFor('interleaved replies', async () => (await follower.report())?.isInterleaved);
    const report = await untilSelected(follower, 1);
    expectShift(report);
    expect(report.authentication).toMatchObject({ mode: 'NTS', keyId: 1 });
  });

  it.skipIf(!hasNtpdRs)('ntpd-rs', async () => {
    expect(Math.abs((await queryWithNtpdRs(gateway)) - SHIFT)).toBeLessThan(1);
  });

  it('none that does not trust who signed for us', async () => {
    const { ca } = makeCertificate({ authority: 'another' });
    const asking = queryWithChronyd(gateway.ntpPort, { ...ntsClient({ ...gateway, ca }), tries: 1 });
    await expect(asking).rejects.toThrow('No suitable source');
  });

  it('over a rotation of our keys and a restart, and over the loss of them', async () => {
    const clients = CLIENTS.filter(({ newer }) => !newer || hasNewerChronyd);
    let ours = await keep(startNtsGateway({ upstream }));
    const keyFile = join(ours.stateDir, 'nts-keys');
    // Eight cookies last for eight seconds without an answer.
    const followers = await Promise.all(
      clients.map((client) => keep(followWith(client, ours, { more: 'minpoll 0 maxpoll 0' }))),
    );
    await Promise.all(followers.map((follower) => untilSelected(follower, 1)));

    const restart = async (meanwhile: () => Promise<void>): Promise<void> => {
      await ours.stop();
      await meanwhile();
      ours = await keep(startNtsGateway({ upstream, earlier: ours }));
    };
    /** Without its title, and since when the second of them seals. */
    const keys = async (): Promise<readonly string[]> => (await readFile(keyFile, 'utf8')).trim().split('\n').slice(2);
    const replies = async (): Promise<number> => (await ours.status()).server!.authenticated;

    const first = await keys();
    await restart(async () => {
      const [title, since, ...rest] = (await readFile(keyFile, 'utf8')).split('\n');
      await writeFile(keyFile, [title, BigInt(since!) - DAY_NS, ...rest].join('\n'));
    });
    expect(await keys()).toEqual([expect.any(String), ...first]);
    await waitFor('replies', async () => (await replies()) > 3 * followers.length);
    const rotated = await Promise.all(followers.map((follower) => untilSelected(follower, 1)));
    expect(rotated.map(({ authentication: { keyId } }) => keyId)).toEqual(followers.map(() => 1));

    await restart(() => rm(keyFile));
    const renewed = await Promise.all(followers.map((follower) => untilSelected(follower, 2)));
    expect(renewed.map(({ authentication: { keyId } }) => keyId)).toEqual(followers.map(() => 2));
    for (const report of renewed) expectShift(report);
    expect((await ours.status()).server!.dropped.nak).toBeGreaterThanOrEqual(followers.length);
  });

  it('over a path that loses replies, and then all of them', async () => {
    const address = '127.0.0.2';
    await using ours = await startNtsGateway({ upstream, address });
    await using path = await startUdpRelay(ours.ntpPort, { address, port: ours.ntpPort });
    let [asked, hasGrown] = [0, false];
    path.up.attack = (request) => {
      asked = request.length;
      return [request];
    };
    path.down.attack = (reply) => {
      hasGrown ||= reply.length > asked;
      return [reply];
    };
    await using follower = await followWith(CLIENTS[0]!, ours, { address });
    await untilSelected(follower, 1);
    path.down.loss = 0.5;
    await waitFor('a cookie that was lost', async () => (await follower.report())!.authentication.cookies < 7);
    path.down.loss = 0;
    expect((await untilSelected(follower, 1)).authentication.keyId).toBe(1);
    path.down.loss = 1;
    await waitFor('no cookies', async () => (await follower.report())!.authentication.keyId === 2);
    path.down.loss = 0;
    const report = await untilSelected(follower, 2);
    expectShift(report);
    expect(report.authentication.keyId).toBe(2);
    expect(hasGrown, 'a reply that is longer than its request').toBe(false);
  });
});
