/** The gateway's Ed25519 keys: made at the first start, and from then on who this gateway is, and its Roughtime server. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { keyId, type SigningKey } from '#contract/jws.ts';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { fromBase64url } from '#contract/web-platform.ts';
import { edgeRoughtimeKey } from './edge-roughtime-key.ts';
import { createFile } from './files.ts';
import { readSecret } from './secret-files.ts';
import { attempt, SetupError } from './setup-error.ts';

export type GatewayKey = SigningKey & {
  /** The public key as in a JWK: 32 bytes in base64url. */
  readonly x: string;
  /** The long-term key of Roughtime for an edge, by its origin. */
  readonly roughtimeFor: (origin: string) => RoughtimeKey;
};

/** A key in PKCS#8 PEM has 119. */
const MOST_BYTES = 4_096;

/** @throws SetupError where the key cannot be made, read or trusted, as does the next. */
export const loadOrCreateKey = async (stateDir: string): Promise<GatewayKey> => {
  const { key, x, privateKey } = loadOrCreate(join(stateDir, 'gateway.key'));
  return { id: await keyId(x), x, privateKey, roughtimeFor: (origin) => edgeRoughtimeKey(key, origin) };
};

/** Its own, so that nothing signed by one can be taken for something that the other signs. */
export const loadOrCreateRoughtimeKey = async (stateDir: string): Promise<RoughtimeKey> => {
  const { x, privateKey } = loadOrCreate(join(stateDir, 'roughtime.key'));
  return { publicKey: fromBase64url(x)!, privateKey };
};

const loadOrCreate = (path: string) => {
  // Also a link that leads nowhere is somebody's: never another key in its place.
  if (!lstatSync(path, { throwIfNoEntry: false })) attempt(`create the key ${path}`, () => createKey(path));
  const key = readKey(path);
  const x = createPublicKey(key).export({ format: 'jwk' }).x!; // RFC 8037 §2: each Ed25519 key has it
  // Not extractable: nothing that signs with it can give it away.
  return { key, x, privateKey: key.toCryptoKey({ name: 'Ed25519' }, false, ['sign']) };
};

const createKey = (path: string): void => {
  const { privateKey } = generateKeyPairSync('ed25519');
  createFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
};

const readKey = (path: string): KeyObject => {
  const pem = readSecret('the key', path, MOST_BYTES);
  const key = pem && parseKey(pem);
  if (!key) throw new SetupError(`the key ${path} is damaged: not a private key in PEM; restore it or move it away`);
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new SetupError(`the key ${path} is of type ${key.asymmetricKeyType}: the gateway signs with Ed25519 alone`);
};

const parseKey = (pem: Buffer): KeyObject | undefined => {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
};
