/** What a caller makes of an answer, and what a thief makes of an edge key. */
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { type Expected, openAnswer, signAnswer } from '#contract/signed-answer.ts';
import { type UnixNanos, unixNanos } from '#contract/time.ts';
import { timeAnswer } from '#contract/time-answer.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { exampleAnswer } from '../contract/example.ts';
import { type Ask, ORIGIN, realKeeper } from './edge.ts';
import { PRIVATE_KEYS } from './variables.ts';

const NONCE = 'bm9vbm1hcmstbm9uY2U';

export const askSigned = async (ask: Ask): Promise<string> => {
  const response = await ask(`/time?format=jws&nonce=${NONCE}`);
  return fromUtf8(new Uint8Array(await response.arrayBuffer())) ?? '';
};

export const pinned = async (gateway: keyof typeof PRIVATE_KEYS) =>
  new Map([await importGatewayKey(gateway, PRIVATE_KEYS[gateway].x)]);

/** The word of a caller who has pinned gw-1 and asked here. @param over - of what he knows: there is no floor otherwise. */
export const openedAs = async (jws: string, over: Partial<Expected> = {}): Promise<string> => {
  const expected = { nonce: NONCE, origin: ORIGIN, floor: unixNanos(0n), ...over };
  const opened = await openAnswer(jws, await pinned('gw-1'), expected);
  return opened.ok ? 'ok' : opened.reason;
};

/** Whoever has the private half says what he likes with it, in answer to any nonce. */
export const stealEdgeKey = async () => {
  const { keys, secrets } = (await realKeeper().knowledge()).edge;
  const { id, x, delegations } = keys[0]!;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x, d: secrets.get(id)! };
  const privateKey = await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['sign']);
  const words = delegations.map(({ jws }) => jws);
  return {
    delegation: delegations[0]!,
    say: (time: UnixNanos): Promise<string> => {
      const whole = unixNanos((time / 1_000n) * 1_000n); // an answer is in µs
      const claim = timeAnswer({ ...exampleAnswer, time: whole, earliest: whole, latest: whole, nonce: NONCE });
      return signAnswer(claim, words, { id, privateKey });
    },
  };
};
