/** The secrets of `[keys]`, each in a file of its own. */
import { CMAC_KEY_SIZE, isCmac } from '#native/cryptography/engine.ts';
import type { MacAlgorithm, SymmetricKeyConfig } from '../config.ts';
import type { SymmetricKey } from '../protocol/server-keys.ts';
import { log } from './log.ts';
import { readSecret } from './secret-files.ts';
import { SetupError } from './setup-error.ts';

/** 64 octets in hex, what may stand in front of them, and the end of the line. */
const MOST_BYTES = 256;
const MOST_OCTETS = 64;
/** With fewer, who hears one packet can try them all. chrony warns below this, too. */
const GOOD_OCTETS = 10;

/**
 * Warns of MD5 and of short secrets, once a key.
 *
 * @throws SetupError where a file cannot be read, is open to others, or holds no secret for its algorithm.
 */
export const readSymmetricKeys = (configs: readonly SymmetricKeyConfig[]): readonly SymmetricKey[] =>
  configs.map(({ id, algorithm, secretFile }) => {
    const text = readSecret('the secret', secretFile, MOST_BYTES)?.toString('latin1');
    const secret =
      text === undefined ? 'holds more than 64 octets' : parseSecret(text.replace(/\r?\n$/, ''), algorithm);
    if (typeof secret === 'string') throw new SetupError(`the secret ${secretFile} of key ${id} ${secret}`);
    const warn = (msg: string): void => log({ event: 'weak-key', level: 'warn', file: secretFile, key: id, msg });
    if (algorithm === 'md5') warn(`key ${id} is for MD5, which is broken: use it with no peer that has another`);
    if (secret.length < GOOD_OCTETS)
      warn(`key ${id} has a secret of ${secret.length} octets, which can be guessed: take ${GOOD_OCTETS} or more`);
    return { id, algorithm, secret };
  });

/** @returns what is wrong with it, never with the secret itself in it. */
const parseSecret = (text: string, algorithm: MacAlgorithm): Uint8Array | string => {
  const [, prefix = 'HEX:', rest = ''] = /^(HEX:|ASCII:)?(.*)$/s.exec(text) ?? [];
  if (prefix === 'HEX:' && !/^[\da-f]*$/i.test(rest)) return 'is not hexadecimal; characters have ASCII: in front';
  if (prefix === 'HEX:' && rest.length % 2 !== 0) return 'has an odd number of hex digits';
  const secret = Uint8Array.from(Buffer.from(rest, prefix === 'HEX:' ? 'hex' : 'latin1'));
  if (isCmac(algorithm) && secret.length !== CMAC_KEY_SIZE[algorithm])
    return `has ${secret.length} octets, and ${algorithm} takes ${CMAC_KEY_SIZE[algorithm]}`;
  if (secret.length === 0) return 'is empty';
  return secret.length > MOST_OCTETS ? `has ${secret.length} octets, of which 64 are the most` : secret;
};
