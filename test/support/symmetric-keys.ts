/** Symmetric keys that two programs share, each in its own spelling. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TomlTable } from 'smol-toml';
import type { MacAlgorithm } from '../../ntp-gateway/config.ts';
import type { SymmetricKey } from '../../ntp-gateway/protocol/server-keys.ts';
import { makeTempDir } from './temp-dir.ts';

const KINDS: Readonly<Record<MacAlgorithm, { readonly chrony: string; readonly octets: number }>> = {
  md5: { chrony: 'MD5', octets: 20 },
  sha1: { chrony: 'SHA1', octets: 20 },
  sha256: { chrony: 'SHA256', octets: 32 },
  'aes-128-cmac': { chrony: 'AES128', octets: 16 },
  'aes-256-cmac': { chrony: 'AES256', octets: 32 },
};
export const MAC_ALGORITHMS = Object.keys(KINDS) as readonly MacAlgorithm[];

export const makeSymmetricKey = (id: number, algorithm: MacAlgorithm): SymmetricKey => ({
  id,
  algorithm,
  secret: randomBytes(KINDS[algorithm].octets),
});

/** @returns lines of chrony.conf. */
export const chronyKeys = (keys: readonly SymmetricKey[]): readonly string[] => {
  const file = join(makeTempDir(), 'chrony.keys');
  const lines = keys.map(({ id, algorithm, secret }) => `${id} ${KINDS[algorithm].chrony} HEX:${hexOf(secret)}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return [`keyfile ${file}`];
};

/** @returns `[keys]` of a gateway. */
export const gatewayKeys = (keys: readonly SymmetricKey[]): TomlTable => {
  const folder = makeTempDir();
  return Object.fromEntries(
    keys.map(({ id, algorithm, secret }) => {
      const secretFile = join(folder, String(id));
      writeFileSync(secretFile, `${hexOf(secret)}\n`, { mode: 0o600 });
      return [id, { algorithm, secret_file: secretFile }];
    }),
  );
};

const hexOf = (secret: Uint8Array): string => Buffer.from(secret).toString('hex');
