/** An HTTP server in the place of an edge, with TLS where a test has a certificate for it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestCertificate } from './certificate.ts';

export type EdgeServer = {
  readonly origin: string;
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
};

export const startEdgeServer = async (answer: RequestListener, certificate?: TestCertificate): Promise<EdgeServer> => {
  const pair = certificate && { cert: readFileSync(certificate.certificate), key: readFileSync(certificate.key) };
  const server = pair ? createHttpsServer(pair, answer) : createHttpServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: pair ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
