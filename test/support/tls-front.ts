/** Ends TLS before an edge on this machine, as a platform does: the edge takes the origin that callers ask for its own. */
import { type RequestListener, request } from 'node:http';
import type { TestCertificate } from './certificate.ts';
import { type EdgeServer, startEdgeServer } from './edge-server.ts';

/** @param target - an http origin. */
export const startTlsFront = async (target: string, certificate: TestCertificate): Promise<EdgeServer> => {
  const forward: RequestListener = (incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    // By this header miniflare tells the Worker another URL than it was asked by.
    const asked = { ...headers, 'mf-original-url': `${front.origin}${url}` };
    const onward = request(new URL(url, target), { method, headers: asked }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  };
  const front = await startEdgeServer(forward, certificate);
  return front;
};
