import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readIdentity } from '../../../ntp-gateway/io/certificate.ts';
import { serveKeyExchanges } from '../../../ntp-gateway/io/key-exchange-server.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { policyOf } from '../../../ntp-gateway/protocol/policy.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import { hex } from '../../support/hex.ts';
import { talk } from '../../support/key-client.ts';
import { NO_SERVER } from '../../support/server-config.ts';
import { waitFor } from '../../support/wait-for.ts';

const REQUEST = hex('8001 0002 0000 8004 0002 000f 8000 0000');
const LOOPBACK = { family: 4, words: [0x7f00_0001, 0, 0, 0], length: 32 } as const;

const dataOn = (...ports: readonly number[]) => ({
  listen: ports.flatMap((port) => ['127.0.0.1', '::1'].map((host) => ({ host, port }))),
  port: 123,
  policy: policyOf(NO_SERVER),
  identity: readIdentity(makeCertificate()),
  cookieKey: { id: 1, key: new Uint8Array(32).fill(1) },
});
/** Of the key that has sealed the first cookie. */
const keyIdIn = ({ answer }: { readonly answer: Uint8Array }): number => Buffer.from(answer).readUInt32BE(16);

describe('the thread that exchanges keys', () => {
  it('answers on each address, follows what changes, and ends when it is told to', async () => {
    const ports = [await freeTcpPort(), await freeTcpPort()] as const;
    const server = await serveKeyExchanges(dataOn(...ports));
    try {
      for (const port of ports) {
        for (const host of ['127.0.0.1', '::1']) {
          expect(keyIdIn(await talk({ host, port, chunks: [REQUEST] }))).toBe(1);
        }
      }
      server.follow({ cookieKey: { id: 2, key: new Uint8Array(32).fill(2) } });
      await waitFor('the next key', async () => keyIdIn(await talk({ port: ports[0], chunks: [REQUEST] })) === 2);
      server.follow({ policy: policyOf({ ...NO_SERVER, deny: [LOOPBACK] }) });
      await waitFor('the next policy', async () => (await talk({ port: ports[0] })).fault !== undefined);
      const { accepted, exchanged, denied } = server.counters();
      expect(accepted).toBe(exchanged! + denied!);
    } finally {
      server.close();
    }
    await waitFor('its end', async () => (await talk({ port: ports[1] })).fault === 'ECONNREFUSED');
  });

  it('listens on all addresses or none', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const free = await freeTcpPort();
    const message = `cannot listen on 127.0.0.1:${port} for key exchanges: the port is in use by another program (ss -tulpn names it)`;
    await expect(serveKeyExchanges(dataOn(free, port))).rejects.toThrow(new SetupError(message));
    await waitFor('its end', async () => (await talk({ port: free })).fault === 'ECONNREFUSED');
    taken.close();
  });

  it('is started again where it fails, with all that has changed since', async () => {
    const port = await freeTcpPort();
    const server = await serveKeyExchanges(dataOn(port));
    try {
      server.follow({ identity: { certificate: 'no longer', key: 'a certificate' } });
      await waitFor('its end', async () => (await talk({ port })).fault === 'ECONNREFUSED');
      server.follow({
        identity: readIdentity(makeCertificate()),
        cookieKey: { id: 3, key: new Uint8Array(32).fill(3) },
      });
      await waitFor('its return', async () => (await talk({ port })).fault !== 'ECONNREFUSED');
      expect(keyIdIn(await talk({ port, chunks: [REQUEST] }))).toBe(3);
    } finally {
      server.close();
    }
  });
});
