/** Key pairs of gateways that change theirs, made anew: also where there is no Node. */
import { keyId, type SigningKey } from '#contract/jws.ts';
import { type KeySuccession, signSuccession } from '#contract/key-succession.ts';

export type Pair = { readonly x: string; readonly key: SigningKey };

export const makePair = async (): Promise<Pair> => {
  const made = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const { publicKey, privateKey } = made as { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };
  const { x = '' } = (await crypto.subtle.exportKey('jwk', publicKey)) as { x?: string };
  return { x, key: { id: await keyId(x), privateKey } };
};

export const makePairs = (count: number): Promise<Pair[]> => Promise.all(Array.from({ length: count }, makePair));

/** The word of one key for the next, or that none follows. @param over - what it says otherwise than it should. */
export const succession = (
  from: Pair,
  to: Pair | null,
  { gateway = 'gw-1', ...over }: Partial<KeySuccession> = {},
): Promise<string> => signSuccession({ version: 1, gateway, key: from.x, next: to?.x ?? null, ...over }, from.key);
