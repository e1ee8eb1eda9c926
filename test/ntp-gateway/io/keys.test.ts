import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { jwkOf } from '#contract/jws.ts';
import { base64, base64url, subtle, utf8 } from '#contract/web-platform.ts';
import { loadOrCreateKey, loadOrCreateRoughtimeKey, roughtimeKeyOf } from '../../../ntp-gateway/io/keys.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

/** RFC 8410 §10.3, the first example. */
const RFC8410 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`;
/** RFC 8410 §10.1, the last 32 bytes. */
const RFC8410_X = 'Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE';

const folderWith = (pem: string, mode = 0o600): [folder: string, path: string] => {
  const folder = makeTempDir();
  const path = join(folder, 'gateway.key');
  writeFileSync(path, pem);
  chmodSync(path, mode);
  return [folder, path];
};

describe('the gateway’s key', () => {
  it('is made at the first start, for its owner alone, and is the same from then on', async () => {
    const folder = makeTempDir();
    const made = await loadOrCreateKey(folder);
    const path = join(folder, 'gateway.key');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/); // PKCS#8, RFC 7468 §10
    const { id, x } = await loadOrCreateKey(folder);
    expect({ id, x }).toEqual({ id: made.id, x: made.x });
    expect((await loadOrCreateKey(makeTempDir())).x).not.toBe(x);
  });

  it('is not the one of Roughtime, which has a file of its own', async () => {
    const folder = makeTempDir();
    const { x } = await loadOrCreateKey(folder);
    const { publicKey } = await loadOrCreateRoughtimeKey(folder);
    expect(statSync(join(folder, 'roughtime.key')).mode & 0o777).toBe(0o600);
    expect(base64url(publicKey)).not.toBe(x);
    expect((await loadOrCreateRoughtimeKey(folder)).publicKey).toEqual(publicKey);
  });

  it('of Roughtime is one for as long as we run, whatever becomes of its file: a second would be told to others, and answer nobody', async () => {
    const folder = makeTempDir();
    const path = join(folder, 'roughtime.key');
    const key = roughtimeKeyOf(folder);
    const { publicKey } = await key();
    writeFileSync(path, 'half a k');
    expect((await key()).publicKey).toEqual(publicKey);
    rmSync(path);
    expect((await key()).publicKey).toEqual(publicKey);
    expect(existsSync(path)).toBe(false);
  });

  it('is read as RFC 8410 writes it', async () => {
    const [folder] = folderWith(RFC8410);
    const { id, x } = await loadOrCreateKey(folder);
    expect(x).toBe(RFC8410_X);
    expect(id).toBe(await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x }));
  });

  it('signs what its public half verifies, and is not given away', async () => {
    const { x, privateKey } = await loadOrCreateKey(makeTempDir());
    const signature = new Uint8Array(await subtle.sign({ name: 'Ed25519' }, privateKey, utf8('noon')));
    const publicKey = await subtle.importKey('jwk', await jwkOf(x), { name: 'Ed25519' }, true, ['verify']);
    expect(await subtle.verify({ name: 'Ed25519' }, publicKey, signature, utf8('noon'))).toBe(true);
    expect(await subtle.verify({ name: 'Ed25519' }, publicKey, signature, utf8('moon'))).toBe(false);
    expect(privateKey.extractable).toBe(false);
  });

  /** By HKDF and Ed25519 of python3-cryptography 48. */
  it.each([
    ['https://time.example.org', '5Pqd0e5UTcdosXvPQu9V5l7XoS7vTu6m7N5apGIrdmo='],
    ['https://time.example.org:8443', 'd5J6xiIXMePiQb0LRV7oXeDnOKBoYg0d6otaxnpgcZI='],
    ['http://127.0.0.1:8787', 'h5iBfp0taCca3J5AeAb8lnV95Cdf6w2f/+TdIv5fvKI='],
  ])('makes another long-term key of Roughtime for each edge: %s', async (origin, expected) => {
    const [folder] = folderWith(RFC8410);
    const { publicKey, privateKey } = (await loadOrCreateKey(folder)).roughtimeFor(origin);
    expect(base64(publicKey)).toBe(expected);
    const signature = new Uint8Array(await subtle.sign({ name: 'Ed25519' }, privateKey, utf8('noon')));
    const verifying = await subtle.importKey('raw', publicKey, { name: 'Ed25519' }, true, ['verify']);
    expect(await subtle.verify({ name: 'Ed25519' }, verifying, signature, utf8('noon'))).toBe(true);
    expect(privateKey.extractable).toBe(false);
  });

  it.each([0o640, 0o604, 0o660, 0o601, 0o644])('is refused where others can reach it: mode %o', async (mode) => {
    const [folder, path] = folderWith(RFC8410, mode);
    const message = `the key ${path} is open to others than its owner: chmod 600 ${path}`;
    await expect(loadOrCreateKey(folder)).rejects.toThrow(new SetupError(message));
    chmodSync(path, 0o600);
    await expect(loadOrCreateKey(folder)).resolves.toMatchObject({ x: RFC8410_X });
  });

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  it.each([
    ['nothing', ''],
    ['half a key', RFC8410.slice(0, 60)],
    ['an altered key', RFC8410.replace('MC4CAQAw', 'MC4CAQAx')],
    ['a public key', createPublicKey(RFC8410).export({ type: 'spki', format: 'pem' }).toString()],
    ['another public key', publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['too much', RFC8410 + ' '.repeat(5_000)],
  ])('is refused as damaged where the file holds %s', async (_name, pem) => {
    const [folder, path] = folderWith(pem);
    const message = `the key ${path} is damaged: not a private key in PEM; restore it or move it away`;
    await expect(loadOrCreateKey(folder)).rejects.toThrow(new SetupError(message));
    expect(readFileSync(path, 'utf8')).toBe(pem); // never written over
  });

  it('is refused where it is of another kind', async () => {
    const [folder, path] = folderWith(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const message = `the key ${path} is of type ec: the gateway signs with Ed25519 alone`;
    await expect(loadOrCreateKey(folder)).rejects.toThrow(new SetupError(message));
  });

  it('is refused where it cannot be read or made', async () => {
    const folder = makeTempDir();
    const path = join(folder, 'gateway.key');
    mkdirSync(path, { mode: 0o700 });
    const unreadable = `the key ${path} is no file; restore it, or move away what is there`;
    await expect(loadOrCreateKey(folder)).rejects.toThrow(new SetupError(unreadable));

    const absent = join(folder, 'absent');
    const noFolder = `cannot create the key ${join(absent, 'gateway.key')}: no such file or directory`;
    await expect(loadOrCreateKey(absent)).rejects.toThrow(new SetupError(noFolder));
  });

  it('is not written through a planted link', async () => {
    const folder = makeTempDir();
    const elsewhere = join(makeTempDir(), 'elsewhere');
    symlinkSync(elsewhere, join(folder, 'gateway.key'));
    await expect(loadOrCreateKey(folder)).rejects.toThrow(SetupError);
    expect(existsSync(elsewhere)).toBe(false);
  });
});
