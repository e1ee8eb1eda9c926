/** An edge's answers, signed by real keys: as it should sign them, or as a test wants them to be wrong. */
import { generateKeyPairSync } from 'node:crypto';
import { type Delegation, signDelegation } from '#contract/delegation.ts';
import { jwkOf, keyId, type SigningKey } from '#contract/jws.ts';
import { signAnswer } from '#contract/signed-answer.ts';
import { after, milliseconds, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { type Answer, timeAnswer } from '#contract/time-answer.ts';
import { subtle } from '#contract/web-platform.ts';

export type KeyPair = { readonly x: string; readonly key: SigningKey };

export const makeKeyPair = async (): Promise<KeyPair> => {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const x = jwk.x!;
  const privateKey = await subtle.importKey('jwk', jwk as never, { name: 'Ed25519' }, false, ['sign']);
  return { x, key: { id: await keyId(x), privateKey } };
};

/** What it is to say of true time `now`. */
export type Told = Pick<Answer, 'time' | 'earliest' | 'latest'> & Partial<Answer>;

export const around = (time: UnixNanos, ms = 5): Told => ({
  time,
  earliest: after(time, milliseconds(-ms)),
  latest: after(time, milliseconds(ms)),
});

/** @param origin - its own. @param gateway - who vouches for it, from ten minutes before `from` for a day. */
export const makeSignedEdge = async (origin: string, gateway = 'gw-1') => {
  const [edge, vouching] = [await makeKeyPair(), await makeKeyPair()];

  const delegate = (from: UnixNanos, over: Partial<Delegation> = {}): Promise<string> => {
    const validFromUnixNs = after(from, seconds(-600));
    const validUntilUnixNs = after(validFromUnixNs, seconds(86_400));
    const delegation = {
      version: 1,
      gateway,
      edgeKey: edge.x,
      aud: origin,
      validFromUnixNs,
      validUntilUnixNs,
    } as const;
    return signDelegation({ ...delegation, ...over }, vouching.key);
  };

  return {
    gatewayKey: vouching.key.id,
    edgeKey: edge.key.id,
    delegate,
    /** Of `/.well-known/jwks.json`. */
    keySet: async () => JSON.stringify({ keys: [await jwkOf(edge.x), { ...(await jwkOf(vouching.x)), gateway }] }),
    /** @param delegations - one for that time, unless a test has others. */
    sign: async (told: Told, nonce: string, delegations?: readonly string[], key = edge.key): Promise<string> => {
      const said: Answer = {
        synchronized: true,
        leap: 'none',
        taiOffsetSeconds: 37,
        stratum: 3,
        gateway,
        sampleAge: nanos(0),
        lineage: [gateway],
        ...told,
        nonce,
      };
      return signAnswer(timeAnswer(said), delegations ?? [await delegate(told.time)], key);
    },
  };
};

export type SignedEdge = Awaited<ReturnType<typeof makeSignedEdge>>;
