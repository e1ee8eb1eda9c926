/** Ends TLS before an edge on this machine, as a platform does: the edge takes the origin that callers ask for its own. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestCertificate } from './certificate.ts';

export type TlsFront = { readonly origin: string; [Symbol.asyncDispose](): Promise<void> };

/** @param target - an http origin, asked for at each request: the edge may be started later than its front. */
export const startTlsFront = async (
  target: () => string,
  { certificate, key }: Pick<TestCertificate, 'certificate' | 'key'>,
): Promise<TlsFront> => {
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method, url = '/', headers } = incoming;
    // By this header miniflare tells the Worker another URL than it was asked by.
    const asked = { ...headers, 'mf-original-url': `${front.origin}${url}` };
    const onward = request(new URL(url, target()), { method, headers: asked }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  };
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, forward);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: TlsFront = {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return front;
};
