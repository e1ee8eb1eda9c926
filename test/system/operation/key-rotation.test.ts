/**
 * A gateway's key is rotated and then revoked, as docs/keys.md has it, while it publishes: an edge, a caller and an island that have
 * the old key alone go on, and then do not. In order: each step begins where the last one ended.
 */
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyId } from '#contract/jws.ts';
import { keyFiles } from '../../../ntp-gateway/io/keys.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { runChild, startChild } from '../../support/child.ts';
import { hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startTestEdge } from '../../support/edge.ts';
import { type EdgeServer, startEdgeServer } from '../../support/edge-server.ts';
import {
  type GatewayProcess,
  makeGatewayState,
  startGateway,
  untilMeasured,
  untilPublished,
  untilSynchronized,
} from '../../support/gateway.ts';
import { GATEWAY_ID } from '../../support/gateway-config.ts';
import { runNoonmark } from '../../support/noonmark.ts';
import { readmeBlock } from '../../support/readme-block.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { startTlsFront } from '../../support/tls-front.ts';
import { waitFor } from '../../support/wait-for.ts';

describe.skipIf(!hasChronyd)('a gateway whose key', () => {
  const keep = stopAfterAll();
  const { ca, ...pair } = makeCertificate();
  const env = { NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: ca, SSL_CERT_DIR: '/nonexistent' };
  let stateDir: string;
  /** Of the key before and after the rotation: public keys and their ids. */
  let old: { readonly id: string; readonly x: string };
  let next: { readonly id: string; readonly x: string };
  /** The edge without TLS, and as its callers know it. */
  let plain: string;
  let edge: EdgeServer;
  let gateway: GatewayProcess;
  let island: GatewayProcess;

  const trusting: typeof startChild = (command, args) => startChild(command, args, { env });
  /** A command about the key, beside the daemon. */
  const say = async (command: string, ...more: readonly string[]) => {
    const args = [join(ROOT, 'ntp-gateway/main.ts'), command, '--config', `${stateDir}/noonmark.toml`, ...more];
    const { code, stdout, stderr } = await runChild(NODE, args, { env });
    return { code, stderr, stdout, said: more.includes('--json') ? JSON.parse(stdout) : undefined };
  };
  const verify = async (gatewayKey: string) => {
    const args = ['verify', edge.origin, '--ca', ca, '--gateway-key', gatewayKey, '--json'];
    const { code, stdout, stderr } = await runNoonmark(args);
    return { code, ...(stdout ? JSON.parse(stdout) : { stderr }) };
  };
  const roughtimeKey = async (): Promise<string> => (await say('keys', '--json')).said.edges[0].roughtime;
  let roughtime: string;

  beforeAll(async () => {
    const state = await makeGatewayState();
    ({ stateDir } = state);
    old = { id: await keyId(state.x), x: state.x };
    const upstream = await keep(startChronyd({ stratum: 1 }));
    ({ url: plain } = await keep(startTestEdge(old.x)));
    edge = await keep(startTlsFront(plain, { ca, ...pair }));
    const publish = [edge.origin];
    // So seldom that nothing comes but what is posted at once: at the start, and as the key changes.
    const publishInterval = '1h';
    gateway = await keep(startGateway({ stateDir, sources: [upstream], publish, publishInterval, start: trusting }));
    await untilPublished(gateway, 4);
    const edges = [{ url: edge.origin, gatewayKey: old.id }];
    island = await keep(startGateway({ id: 'island', edges, start: trusting }));
    await untilSynchronized(island);
    roughtime = await roughtimeKey();
  });

  it('is as it was made is verified, and shows no other', async () => {
    expect(await verify(old.id)).toMatchObject({ code: 0, verified: true });
    expect(await gateway.status()).toMatchObject({ key: { id: old.id } });
    const set = await (await fetch(`${plain}/.well-known/jwks.json`)).json();
    expect(set).toMatchObject({ keys: [{ x: old.x, gateway: GATEWAY_ID }, {}] });
    expect(set).not.toHaveProperty('successions');
  });

  it('is to be followed goes on where an edge cannot be told, and says so', async () => {
    const nobody = 'http://127.0.0.1:1';
    const word = (_: unknown, response: ServerResponse) =>
      response.writeHead(405).end('{"type":"urn:noonmark:problem:method-not-allowed"}');
    await using older = await startEdgeServer(word); // which has no POST /keys
    await using page = await startEdgeServer((_, response) => response.end('<html>')); // to whatever is asked
    const others = [nobody, older.origin, page.origin].flatMap((url) => ['--publish', url]);
    const { code, said } = await say('rotate-key', '--json', ...others);
    expect(said).toMatchObject({
      gateway: GATEWAY_ID,
      id: old.id,
      edges: [
        { url: edge.origin, outcome: 'ok' },
        { url: nobody, outcome: 'unreachable', detail: 'ECONNREFUSED' },
        { url: older.origin, outcome: 'method-not-allowed' },
        { url: page.origin, outcome: 'not-an-edge' },
      ],
      done: false,
    });
    expect(code).toBe(1);
    ({ next } = said);
    const { key } = await waitFor('word of the next key', async () => {
      const status = await gateway.status();
      return status.key?.next !== undefined && status;
    });
    expect(key).toEqual({ id: old.id, next: next.id });
    expect((await say('keys', '--json')).said).toMatchObject({ id: old.id, next: next.id });
    // Whoever is told both goes by either.
    const verified = await verify(old.id);
    expect(verified).toMatchObject({ code: 0, verified: true });
    expect(verified.links[1].text).toBe(
      `the edge knows the gateway with key ${old.id}, which has signed for ${next.id}`,
    );
  });

  it('is followed by another loses no sample, and who has pinned the old one goes on', async () => {
    const { epoch, publish } = await gateway.status();
    const { code, stdout } = await say('rotate-key', '--overlap', '1s');
    expect(stdout).toContain(`to    ${next.id}\n${edge.origin}: knows it\n`);
    expect(stdout).toContain(`"${GATEWAY_ID}" = "${next.x}"`);
    expect(code).toBe(0);
    expect(existsSync(keyFiles(stateDir).retired)).toBe(true);
    await waitFor('the next key', async () => (await gateway.status()).key?.id === next.id);
    await untilPublished(gateway, publish[0]!.samples + 3);
    const after = await gateway.status();
    expect(after.epoch).toBe(epoch);
    expect(after.publish[0]?.counters).not.toHaveProperty('status-401');

    for (const { id } of [old, next]) expect(await verify(id)).toMatchObject({ code: 0, verified: true });
    await untilMeasured(island, 2);
    expect(await roughtimeKey()).toBe(roughtime);
  });

  it('is followed by another is found by openssl and Python from the old one', async () => {
    const asked = (text: string) =>
      text
        .replace(/^edge=.*$/m, `edge=${edge.origin}`)
        .replace(/^x=.*$/m, `x=${old.x}`)
        .replaceAll('curl ', `curl --cacert ${ca} `);
    const recipe = asked(readmeBlock('docs/verify.md', 'follow'));
    const ran = await runChild('bash', ['-uo', 'pipefail', '-c', recipe], { cwd: makeTempDir() });
    expect(ran.stdout, ran.stderr).toBe(`${next.x}\n`);
    if ((await runChild('python3', ['-c', 'import cryptography'])).code !== 0) return;
    const program = readmeBlock('docs/verify.md', 'followed');
    const python = await runChild('python3', ['-c', program, edge.origin, old.x], { env });
    expect(python.stdout, python.stderr).toBe(`${old.x}\n${next.x}\n`);
  });

  it('is to be given up asks, where somebody is there to say yes', async () => {
    const { code, stdout, stderr } = await say('revoke-key');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('noonmark-gateway: revoke-key asks before it does anything: --yes where nobody is there\n');
    expect(await gateway.status()).toMatchObject({ key: { id: next.id } });
  });

  it('is given up is believed by nobody, whichever of the two he has pinned', async () => {
    const { code, said } = await say('revoke-key', '--yes', '--json');
    expect(said).toMatchObject({ id: next.id, edges: [{ outcome: 'ok' }], done: true });
    expect(code).toBe(0);
    for (const { id } of [old, next]) {
      expect(await verify(id)).toMatchObject({ code: 1, verified: false, refusal: 'revoked' });
    }
    expect(await verify(said.next.id)).toMatchObject({ code: 1, refusal: 'unknown-key' });
    await waitFor('the daemon’s word for it', async () => {
      const { key, publish } = await gateway.status();
      return key?.id === said.next.id && publish[0]?.outcome === 'unknown-key';
    });
    await waitFor('the island’s', async () => {
      const [source] = await island.sources();
      return source && 'fault' in source && ['no-time', 'revoked'].includes(source.fault?.reason ?? '');
    });
    expect(await roughtimeKey()).not.toBe(roughtime);
    expect(existsSync(keyFiles(stateDir).retired)).toBe(false);
  });
});
