/** Signs what this edge says, with a key that gateways vouch for. */
import type { SigningKey } from '#contract/jws.ts';
import { intervalOf } from '#contract/read-answer.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { MOST_VOUCHERS, signAnswer } from '#contract/signed-answer.ts';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { type EdgeKey, signerFor } from './edge-keys.ts';
import type { Isolate } from './isolate.ts';

/** @param origin - where the caller asked: a delegation is for one. */
export type Sign = (answer: TimeAnswer, origin: string) => Promise<Result<string, 'no-time'>>;

export const createSigner = ({ edge }: Pick<Isolate, 'edge'>): Sign => {
  // Imported when its turn comes, and kept until the next one's does.
  let current: SigningKey | undefined;
  const keyOf = async ({ id, x }: EdgeKey): Promise<SigningKey | undefined> => {
    if (current?.id === id) return current;
    const d = edge()?.secrets.get(id);
    if (d === undefined) return undefined;
    const jwk = { kty: 'OKP', crv: 'Ed25519', x, d };
    current = { id, privateKey: await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['sign']) };
    return current;
  };

  return async (answer, origin) => {
    if (!answer.synchronized) return refuse('no-time', 'not signed: no source answers the gateway');
    const signer = signerFor(edge()?.keys ?? [], origin, intervalOf(answer));
    const key = signer && (await keyOf(signer.key));
    if (!key) return refuse('no-time', 'not signed: no gateway vouches for a key of this edge here and now');
    const words = signer.delegations.slice(0, MOST_VOUCHERS).map(({ jws }) => jws);
    return ok(await signAnswer(answer, words, key));
  };
};
