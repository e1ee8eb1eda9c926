/** Symmetric keys with a real chronyd, each type both ways: who has another secret, or another key, is not believed. */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SymmetricKey } from '../../ntp-gateway/protocol/server-keys.ts';
import { type Chronyd, hasChronyd, queryWithChronyd, startChronyd } from '../support/chronyd.ts';
import {
  countersOf,
  expectShiftOf,
  type GatewayOptions,
  type GatewayProcess,
  startGateway,
  untilWithin,
} from '../support/gateway.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { chronyKeys, gatewayKeys, MAC_ALGORITHMS, makeSymmetricKey } from '../support/symmetric-keys.ts';
import { waitFor } from '../support/wait-for.ts';

const SHIFT = 5;
const KEYS = MAC_ALGORITHMS.map((algorithm, i) => makeSymmetricKey(i + 1, algorithm));
const OTHER_SECRETS = KEYS.map(({ id, algorithm }) => makeSymmetricKey(id, algorithm));
const SHA1 = KEYS.find(({ algorithm }) => algorithm === 'sha1')!;
const ANOTHER_SHA1 = makeSymmetricKey(9, 'sha1');

/** A server is known by its address and port: to a gateway the one chronyd is five of them, each with another key. */
const fiveOf = async (keys: readonly SymmetricKey[]): Promise<Five> => {
  const server = await startChronyd({ shiftSeconds: SHIFT, config: [...chronyKeys(keys), 'bindaddress 0.0.0.0'] });
  const { port } = server;
  const sources = keys.map(({ id }) => ({ port, address: `127.0.0.${id}`, key: id }));
  return { ...server, sources };
};
type Five = Chronyd & Required<Pick<GatewayOptions, 'sources'>>;

describe.skipIf(!hasChronyd)('servers that sign by symmetric keys', { concurrent: true }, () => {
  it('are followed, whatever the types of the keys', async () => {
    await using servers = await fiveOf(KEYS);
    await using gateway = await startGateway({ ...servers, keys: gatewayKeys(KEYS) });
    const sources = await waitFor('all of them', async () => {
      const all = await gateway.sources();
      return all.every(({ state }) => state === 'selected') && all;
    });
    expect(sources).toMatchObject(KEYS.map(({ id }) => ({ authentication: { by: 'key', key: id } })));
    await expectShiftOf(gateway, SHIFT);
    expect(gateway.child.said.stderr).toMatch(/md5/i); // it is warned of
  });

  it('are not, whatever the types, where they have other secrets', async () => {
    await using servers = await fiveOf(OTHER_SECRETS);
    await using gateway = await startGateway({ ...servers, keys: gatewayKeys(KEYS) });
    for (const place of KEYS.keys()) {
      await waitFor('silence', async () => ((await countersOf(gateway, place)).timeout ?? 0) > 0);
      expect(await countersOf(gateway, place)).not.toHaveProperty('measured');
    }
    expect((await gateway.status()).synchronized).toBe(false);
  });

  it('are not where they sign by a key that is another server’s, or not at all', async () => {
    const lies: ((reply: Buffer) => Buffer)[] = [
      (reply) => sign(reply, ANOTHER_SHA1),
      (reply) => sign(reply, { ...ANOTHER_SHA1, id: SHA1.id }),
      (reply) => reply,
      (reply) => Buffer.concat([reply, Buffer.alloc(4)]),
    ];
    const liar = createSocket('udp4').bind(0, '127.0.0.1');
    await once(liar, 'listening');
    liar.on('message', (request, { port }) => {
      for (const lie of lies) liar.send(lie(replyTo(request)), port, '127.0.0.1');
    });
    await using gateway = await startGateway({
      sources: [{ port: liar.address().port, key: SHA1.id }],
      keys: gatewayKeys([...KEYS, ANOTHER_SHA1]),
    });
    await waitFor('lies', async () => ((await countersOf(gateway)).timeout ?? 0) > 0);
    const { sent, timeout, ...refused } = await countersOf(gateway);
    expect(Object.keys(refused).toSorted()).toEqual(['bad-mac', 'crypto-nak', 'unauthenticated', 'wrong-key']);
    expect((await gateway.status()).synchronized).toBe(false);
    liar.close();
  });
});

/** By RFC 5905 §7.3: the key's id, and the digest of its secret and of the packet. */
const sign = (packet: Buffer, { id, secret }: SymmetricKey): Buffer => {
  const keyId = Buffer.alloc(4);
  keyId.writeUInt32BE(id);
  return Buffer.concat([packet, keyId, createHash('sha1').update(secret).update(packet).digest()]);
};

/** A good reply but for its time, which is that of 1970. */
const replyTo = (request: Buffer): Buffer => {
  const bytes = Buffer.alloc(48);
  bytes.set([0x24, 1, 0, 0xec]);
  bytes.write('TEST', 12);
  request.copy(bytes, 24, 40, 48);
  for (const place of [16, 32, 40]) bytes.writeUInt32BE(2_208_988_800, place);
  return bytes;
};

describe.skipIf(!hasChronyd)('a client that signs by a symmetric key', { concurrent: true }, () => {
  const keep = stopAfterAll();
  let gateway: GatewayProcess;
  beforeAll(async () => {
    const upstream = await keep(startChronyd({ shiftSeconds: SHIFT, stratum: 1 }));
    gateway = await keep(startGateway({ sources: [{ ...upstream, minPoll: -4 }], keys: gatewayKeys(KEYS) }));
    await untilWithin(gateway, 1);
  });

  it.each(KEYS)('$algorithm', async ({ id }) => {
    const ask = (keys: readonly SymmetricKey[], tries: number) =>
      queryWithChronyd(gateway.ntpPort, { directive: `key ${id}`, config: chronyKeys(keys), tries });
    const other = expect(ask(OTHER_SECRETS, 1)).rejects.toThrow('No suitable source');
    const [offset] = await Promise.all([ask(KEYS, 3), other]);
    expect(Math.abs(offset - SHIFT)).toBeLessThan(1);
  });

  it('of another id', async () => {
    const config = chronyKeys([ANOTHER_SHA1]);
    const directive = `key ${ANOTHER_SHA1.id}`;
    const asking = queryWithChronyd(gateway.ntpPort, { directive, config, tries: 1 });
    await expect(asking).rejects.toThrow('No suitable source');
  });
});
