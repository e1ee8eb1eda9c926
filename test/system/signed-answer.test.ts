/**
 * A signed answer from end to end: gateway, edge and a caller that is not ours, by the recipes of docs/verify.md as they
 * stand there, also on a host that believes it is 1970.
 */
import { join } from 'node:path';
import { compactVerify, createRemoteJWKSet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { runChild } from '../support/child.ts';
import { hasChronyd, startChronyd } from '../support/chronyd.ts';
import { startTestEdge, type TestEdge } from '../support/edge.ts';
import { runFaked } from '../support/faked-shell.ts';
import { makeGatewayState, startGateway } from '../support/gateway.ts';
import { GATEWAY_ID } from '../support/gateway-config.ts';
import { findLibfaketime, required } from '../support/peers.ts';
import { readmeBlock } from '../support/readme-block.ts';
import { NODE, ROOT } from '../support/root.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR_S = 3_600;
const keep = stopAfterAll();

describe.skipIf(!hasChronyd)('a signed answer', () => {
  let edge: TestEdge;
  let x: string;
  beforeAll(async () => {
    const state = await makeGatewayState();
    x = state.x;
    const chronyd = await keep(startChronyd({ shiftSeconds: HOUR_S }));
    edge = await keep(startTestEdge(x));
    await keep(startGateway({ stateDir: state.stateDir, sources: [chronyd], publish: [edge.url] }));
    await waitFor('a signed answer', async () => (await fetch(`${edge.url}/time?format=jws`)).ok);
  });

  /** As the page has it, but for who is asked and who is pinned. */
  const recipe = (key = x, origin = edge.url) =>
    readmeBlock('docs/verify.md', 'recipe')
      .replace(/^edge=.*$/m, `edge=${origin}`)
      .replace(/^gateway=.*$/m, `gateway=${GATEWAY_ID}`)
      .replace(/^x=.*$/m, `x=${key}`);
  const follow = (text: string, env = {}) =>
    runFaked(() => runChild('bash', ['-uo', 'pipefail', '-c', text], { cwd: makeTempDir(), env }));
  const python = (env = {}, key = x) =>
    runChild('python3', ['-c', readmeBlock('docs/verify.md', 'program'), edge.url, key], { env });
  const node = (env = {}) => runChild(NODE, [join(ROOT, 'test/support/ask-signed.ts'), edge.url, x], { env });

  const expectAnHourAhead = (date: string | undefined): void =>
    expect(Math.abs(Date.parse(date ?? '') - Date.now() - HOUR_S * 1_000)).toBeLessThan(30_000);
  /** LD_PRELOAD: the host's clock begins at the second day of 1970. */
  const in1970 = () => ({ LD_PRELOAD: required(findLibfaketime()), FAKETIME: '@1970-01-02 00:00:00' });
  const stranger = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw';

  describe.each([
    { where: 'on this host', env: () => ({}), year: new Date().getFullYear() },
    { where: 'in 1970', env: in1970, year: 1970 },
  ])('$where', ({ env, year }) => {
    it('is verified by curl and openssl', async () => {
      const { code, stdout, stderr } = await follow(recipe(), env());
      expect(stdout, stderr).toMatch(/^(Signature Verified Successfully\n){2}\{/);
      const answer = JSON.parse(stdout.slice(stdout.indexOf('{'))) as TimeAnswer;
      expectAnHourAhead(answer.time);
      expect(code).toBe(0);
      expect((await follow('date +%Y', env())).stdout).toBe(`${year}\n`);
    });

    it('is verified by python3-cryptography', async ({ skip }) => {
      if ((await runChild('python3', ['-c', 'import cryptography'])).code !== 0) return skip();
      const { code, stdout, stderr } = await python(env());
      expect(code, stderr).toBe(0);
      for (const date of stdout.trim().split(' ')) expectAnHourAhead(date);
    });

    it('is opened by our own', async () => {
      const { stdout, stderr } = await node(env());
      const { hostYear, ok, value } = JSON.parse(stdout || `"${stderr}"`) as Record<string, unknown>;
      expect([hostYear, ok]).toEqual([year, true]);
      expectAnHourAhead((value as TimeAnswer).time);
    });
  });

  it('is verified by jose, with the edge’s JWK set', async () => {
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', edge.url));
    const { payload, protectedHeader } = await compactVerify(
      await (await fetch(`${edge.url}/time?format=jws`)).text(),
      keys,
    );
    expect(protectedHeader.typ).toBe('time-answer+jws');
    expectAnHourAhead((JSON.parse(new TextDecoder().decode(payload)) as TimeAnswer).time);
  });

  it('is refused by each of them where another gateway’s key is pinned', async () => {
    const { code, stdout } = await follow(recipe(stranger));
    expect(stdout).toMatch(/Signature Verification Failure\nNOT VERIFIED\n$/);
    expect(code).toBe(1);
    const refused = await python({}, stranger);
    expect(refused.code).toBe(1);
  });

  it('is refused by the recipe at another origin than the delegation’s, and with another nonce', async () => {
    const elsewhere = edge.url.replace('127.0.0.1', 'localhost');
    expect((await follow(recipe(x, elsewhere))).stdout).toBe('NOT VERIFIED\n');
    const replayed = recipe().replace('nonce=$nonce")', 'nonce=x$nonce")');
    expect((await follow(replayed)).stdout).toMatch(/^(Signature Verified Successfully\n){2}NOT VERIFIED\n$/);
  });
});
