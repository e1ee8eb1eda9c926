/** Which key of this edge may sign now, and with whose word. What is signed is for others to make. */
import type { Interval } from '#contract/interval.ts';
import type { SigningKey } from '#contract/jws.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import type { RequestScope } from './asking.ts';
import { type EdgeKey, type KeptDelegation, signerFor } from './edge-keys.ts';
import type { Isolate } from './isolate.ts';

export type Signing = {
  readonly key: SigningKey;
  /** All that let the key sign for this origin and interval; at least one. */
  readonly delegations: readonly KeptDelegation[];
};

/**
 * @param answer - nothing is signed of a clock that no source has told.
 * @param origin - where the caller asked: a delegation is for one.
 * @param interval - all that will be said of time.
 */
export type FindSigning = (
  answer: { readonly synchronized: boolean },
  origin: string,
  interval: Interval,
) => Promise<Result<Signing, 'no-time'>>;

/**
 * Signs what the object has told lets be signed, and once more after it was asked again: a delegation, or the half of a new
 * key, comes to an isolate with its next refresh otherwise, and until then its callers would be refused.
 */
export const orAnew = async <Signed>(
  sign: () => Promise<Result<Signed, 'malformed' | 'no-time'>>,
  { renew }: Pick<Isolate, 'renew'>,
  scope: RequestScope,
): Promise<Result<Signed, 'malformed' | 'no-time'>> => {
  const signed = await sign();
  if (signed.ok || signed.reason !== 'no-time') return signed;
  await renew(scope);
  return sign();
};

export const createFindSigning = ({ edge }: Pick<Isolate, 'edge'>): FindSigning => {
  // Imported when its turn comes, and kept until the next one's does.
  let current: SigningKey | undefined;
  const keyOf = async ({ id, x }: EdgeKey): Promise<SigningKey | undefined> => {
    if (current?.id === id) return current;
    const d = edge()?.secrets.get(id);
    if (d === undefined) return undefined;
    const jwk = { kty: 'OKP', crv: 'Ed25519', x, d };
    const privateKey = await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['sign']);
    current = { id, privateKey };
    return current;
  };

  return async ({ synchronized }, origin, interval) => {
    if (!synchronized) return refuse('no-time', 'not signed: no source answers the gateway');
    const signer = signerFor(edge()?.keys ?? [], origin, interval);
    const key = signer && (await keyOf(signer.key));
    if (!key) return refuse('no-time', 'not signed: no gateway vouches for a key of this edge here and now');
    return ok({ key, delegations: signer.delegations });
  };
};
