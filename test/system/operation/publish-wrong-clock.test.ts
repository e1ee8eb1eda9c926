/** A host whose own clock is years behind, and a gateway on it that knows better: by that clock its edge's certificate has yet to begin. */
import { expect, it } from 'vitest';
import { makeCertificate } from '../../support/certificate.ts';
import { startChild } from '../../support/child.ts';
import { startEdgeServer } from '../../support/edge-server.ts';
import { startGateway, untilSynchronized } from '../../support/gateway.ts';
import { startNtpUpstream } from '../../support/ntp-upstream.ts';
import { waitFor } from '../../support/wait-for.ts';

const YEAR_MS = 365 * 86_400e3;
const BEHIND_MS = 5 * YEAR_MS;
const yearOf = (years: number): string => `${new Date(Date.now() + years * YEAR_MS).toISOString().slice(0, 19)}Z`;

const start = async (from: number, to: number) => {
  const certificate = makeCertificate({ from: yearOf(from), to: yearOf(to) });
  const { ca } = certificate;
  let posts = 0;
  const edge = await startEdgeServer(({ url }, response) => {
    if (url === '/samples') posts++;
    response.writeHead(503).end();
  }, certificate);
  const upstream = await startNtpUpstream(BEHIND_MS);
  const env = { NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: ca, SSL_CERT_DIR: '/nonexistent' };
  const gateway = await startGateway({
    sources: [upstream],
    publish: [edge.origin],
    start: (node, args) => startChild(node, args, { env }),
  });
  await untilSynchronized(gateway);
  const end = async (): Promise<void> => {
    await gateway.stop();
    await upstream[Symbol.asyncDispose]();
    await edge[Symbol.asyncDispose]();
  };
  return { gateway, posts: () => posts, [Symbol.asyncDispose]: end };
};

it('an edge whose certificate is good by the time that sources vouch for gets samples', async () => {
  await using one = await start(4, 6);
  await waitFor('a sample', () => one.posts() > 0);
});

it('and none where it is out of date by that too', async () => {
  await using one = await start(6, 7);
  await waitFor('two failures', async () => (await one.gateway.status()).publish[0]!.failuresInARow > 1);
  expect((await one.gateway.status()).publish[0]).toMatchObject({ outcome: 'unreachable' });
  expect(one.posts()).toBe(0);
});
