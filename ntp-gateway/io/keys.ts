/** The gateway's Ed25519 keys: made at the first start, and from then on who this gateway is, and its Roughtime server. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { keyId, type SigningKey } from '#contract/jws.ts';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { fromBase64url } from '#contract/web-platform.ts';
import { edgeRoughtimeKey, edgeRoughtimeSecret } from './edge-roughtime-key.ts';
import { createFile, type Owner } from './files.ts';
import { readSecret } from './secret-files.ts';
import { attempt, SetupError } from './setup-error.ts';

export type GatewayKey = SigningKey & {
  /** The public key as in a JWK: 32 bytes in base64url. */
  readonly x: string;
  /** The long-term key of Roughtime for an edge, by its origin. */
  readonly roughtimeFor: (origin: string) => RoughtimeKey;
};

/** Of the gateway's key in a state directory, and of what key-rotation.ts puts beside it. */
export const keyFiles = (stateDir: string) =>
  ({
    current: join(stateDir, 'gateway.key'),
    next: join(stateDir, 'gateway.key.next'),
    /** What signed before. Nothing reads it. */
    retired: join(stateDir, 'gateway.key.retired'),
    /** What the keys here have signed about what follows them, a line each. No secret. */
    successions: join(stateDir, 'gateway.key.successions'),
    /** From the first rotation on: what the long-term keys for edges are made of. */
    edgeRoughtime: join(stateDir, 'edge-roughtime.secret'),
  }) as const;

/** A key in PKCS#8 PEM has 119. */
const MOST_BYTES = 4_096;

/** @throws SetupError where the key cannot be made, read or trusted, as do those below. */
export const loadOrCreateKey = async (stateDir: string): Promise<GatewayKey> => {
  const { current } = keyFiles(stateDir);
  createWhereMissing(current);
  return loadKey(stateDir);
};

/** @param which - the one that signs, or the one that is to. */
export const loadKey = async (stateDir: string, which: 'current' | 'next' = 'current'): Promise<GatewayKey> => {
  const { [which]: path, edgeRoughtime } = keyFiles(stateDir);
  const { key, x, privateKey } = load(path);
  const secret = existsSync(edgeRoughtime) ? readEdgeRoughtimeSecret(edgeRoughtime) : edgeRoughtimeSecret(key);
  return { id: await keyId(x), x, privateKey, roughtimeFor: (origin) => edgeRoughtimeKey(secret, origin) };
};

/** What the long-term keys for edges are made of now, in base64url. */
export const edgeRoughtimeText = (stateDir: string): string => {
  const { current, edgeRoughtime } = keyFiles(stateDir);
  const secret = existsSync(edgeRoughtime)
    ? readEdgeRoughtimeSecret(edgeRoughtime)
    : edgeRoughtimeSecret(readKey(current));
  return secret.toString('base64url');
};

/** A new private key as it is kept. */
export const newKeyText = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Its own, so that nothing signed by one can be taken for something that the other signs. */
export const loadOrCreateRoughtimeKey = async (stateDir: string): Promise<RoughtimeKey> => {
  const path = join(stateDir, 'roughtime.key');
  createWhereMissing(path);
  const { x, privateKey } = load(path);
  return { publicKey: fromBase64url(x)!, privateKey };
};

/** The same for as long as this process runs, whatever lies in its file by then: others are told of no key but that which answers. */
export const roughtimeKeyOf = (stateDir: string): (() => Promise<RoughtimeKey>) => {
  let key: RoughtimeKey | undefined;
  return async () => {
    key ??= await loadOrCreateRoughtimeKey(stateDir);
    return key;
  };
};

/**
 * Also a link that leads nowhere is somebody's: never another key in its place. Of two processes that find none, both get the one
 * that either has made.
 */
export const createWhereMissing = (path: string, owner?: Owner): void => {
  if (lstatSync(path, { throwIfNoEntry: false })) return;
  attempt(`create the key ${path}`, () => {
    try {
      createFile(path, newKeyText(), 0o600, owner);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
};

const load = (path: string) => {
  const key = readKey(path);
  const x = createPublicKey(key).export({ format: 'jwk' }).x!; // RFC 8037 §2: each Ed25519 key has it
  // Not extractable: nothing that signs with it can give it away.
  return { key, x, privateKey: key.toCryptoKey({ name: 'Ed25519' }, false, ['sign']) };
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

const SECRET_BYTES = 32;
const readEdgeRoughtimeSecret = (path: string): Buffer => {
  const text = readSecret('the secret', path, MOST_BYTES)?.toString('latin1').trim() ?? '';
  const secret = fromBase64url(text);
  if (secret?.length === SECRET_BYTES) return Buffer.from(secret);
  throw new SetupError(
    `the secret ${path} is damaged: not 32 bytes in base64url; restore it, or clients of Roughtime must pin anew`,
  );
};
