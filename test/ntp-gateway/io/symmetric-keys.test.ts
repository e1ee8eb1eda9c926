import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MacAlgorithm } from '../../../ntp-gateway/config.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { readSymmetricKeys } from '../../../ntp-gateway/io/symmetric-keys.ts';
import { runChild } from '../../support/child.ts';
import { hex } from '../../support/hex.ts';
import { NODE } from '../../support/root.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const fileOf = (content: string | Uint8Array, mode = 0o600): string => {
  const path = join(makeTempDir(), 'secret');
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
};

const read = (secretFile: string, algorithm: MacAlgorithm = 'sha256') =>
  readSymmetricKeys([{ id: 7, algorithm, secretFile }]);

describe('a secret of [keys]', () => {
  it.each([
    { name: 'hex digits', text: 'c0ffee', secret: 'c0ffee' },
    { name: 'hex digits of either case, and the end of a line', text: 'C0fFeE\n', secret: 'c0ffee' },
    { name: 'HEX: in front', text: 'HEX:00ff\r\n', secret: '00ff' },
    { name: 'characters, also such as would be hex', text: 'ASCII:c0 fe\n', secret: '633020 6665' },
    { name: 'a space at its end, which is part of it', text: 'ASCII:a ', secret: '6120' },
    { name: 'two ends of lines, of which one is part of it', text: 'ASCII:a\n\n', secret: '610a' },
    { name: 'octets that are no characters', text: Uint8Array.of(65, 83, 67, 73, 73, 58, 0xff, 0), secret: 'ff00' },
    { name: '64 octets', text: '5a'.repeat(64), secret: '5a'.repeat(64) },
  ])('of $name', ({ text, secret }) => {
    expect(read(fileOf(text))).toEqual([{ id: 7, algorithm: 'sha256', secret: hex(secret) }]);
  });

  it.each([
    { algorithm: 'aes-128-cmac', octets: 16 },
    { algorithm: 'aes-256-cmac', octets: 32 },
  ] as const)('for $algorithm has $octets octets and no other number', ({ algorithm, octets }) => {
    expect(read(fileOf('11'.repeat(octets)), algorithm)).toMatchObject([{ algorithm }]);
    for (const wrong of [0, 1, octets - 1, octets + 1, 64]) {
      const path = fileOf('11'.repeat(wrong));
      const message = `the secret ${path} of key 7 has ${wrong} octets, and ${algorithm} takes ${octets}`;
      expect(() => read(path, algorithm)).toThrow(new SetupError(message));
    }
  });

  it.each([
    { name: 'nothing', text: '\n', fault: 'is empty' },
    { name: 'no characters', text: 'ASCII:\n', fault: 'is empty' },
    { name: 'a word', text: 'tea pot\n', fault: 'is not hexadecimal; characters have ASCII: in front' },
    { name: 'hex digits with spaces', text: 'c0 ff\n', fault: 'is not hexadecimal; characters have ASCII: in front' },
    { name: 'a digit too few', text: 'c0f\n', fault: 'has an odd number of hex digits' },
    { name: '65 octets', text: '5a'.repeat(65), fault: 'has 65 octets, of which 64 are the most' },
    { name: 'a whole file of something else', text: 'a'.repeat(300), fault: 'holds more than 64 octets' },
  ])('is refused: $name', ({ text, fault }) => {
    const path = fileOf(text);
    expect(() => read(path)).toThrow(new SetupError(`the secret ${path} of key 7 ${fault}`));
  });

  it.each([0o640, 0o604, 0o644, 0o601])('is refused where others can reach it: mode %o', (mode) => {
    const path = fileOf('c0ffee', mode);
    const message = `the secret ${path} is open to others than its owner: chmod 600 ${path}`;
    expect(() => read(path)).toThrow(new SetupError(message));
  });

  it('is refused where there is none', () => {
    const path = join(makeTempDir(), 'absent');
    expect(() => read(path)).toThrow(new SetupError(`cannot read the secret ${path}: no such file or directory`));
  });

  it('for MD5 is taken with a warning, which does not tell it', async () => {
    const keys = JSON.stringify([{ id: 7, algorithm: 'md5', secretFile: fileOf('c0ffee') }]);
    const program = `import { readSymmetricKeys } from './ntp-gateway/io/symmetric-keys.ts'; readSymmetricKeys(${keys});`;
    const { code, stderr } = await runChild(NODE, ['--input-type=module', '-e', program]);
    const warning =
      'noonmark-gateway: warning: key 7 is for MD5, which is broken: use it with no peer that has another\n';
    expect({ code, stderr }).toEqual({ code: 0, stderr: warning });
  });
});
