import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MacAlgorithm } from '../../../ntp-gateway/config.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { readSymmetricKeys } from '../../../ntp-gateway/io/symmetric-keys.ts';
import { runChild } from '../../support/child.ts';
import { hex } from '../../support/hex.ts';
import { logLines } from '../../support/log-lines.ts';
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
    { name: 'hex digits', text: 'c0ffee'.repeat(4), secret: 'c0ffee'.repeat(4) },
    {
      name: 'hex digits of either case, and the end of a line',
      text: `${'C0fFeE'.repeat(4)}\n`,
      secret: 'c0ffee'.repeat(4),
    },
    { name: 'HEX: in front', text: `HEX:${'00ff'.repeat(5)}\r\n`, secret: '00ff'.repeat(5) },
    { name: 'characters, also such as would be hex', text: 'ASCII:c0 fe c0 fe\n', secret: '633020666520 6330206665' },
    { name: 'a space at its end, which is part of it', text: 'ASCII:0123456789 ', secret: '30313233343536373839 20' },
    {
      name: 'two ends of lines, of which one is part of it',
      text: 'ASCII:0123456789\n\n',
      secret: '30313233343536373839 0a',
    },
    {
      name: 'octets that are no characters',
      text: Uint8Array.from([...Buffer.from('ASCII:'), ...new Uint8Array(9).fill(0xff), 0]),
      secret: `${'ff'.repeat(9)} 00`,
    },
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

  it.each<{ name: string; algorithm: MacAlgorithm; octets: number; warnings: readonly string[] }>([
    {
      name: 'for MD5',
      algorithm: 'md5',
      octets: 10,
      warnings: ['key 7 is for MD5, which is broken: use it with no peer that has another'],
    },
    {
      name: 'of few octets',
      algorithm: 'sha1',
      octets: 9,
      warnings: ['key 7 has a secret of 9 octets, which can be guessed: take 10 or more'],
    },
    { name: 'of ten octets', algorithm: 'sha256', octets: 10, warnings: [] },
  ])('$name is taken, and what is said of it does not tell it', async ({ algorithm, octets, warnings }) => {
    const keys = JSON.stringify([{ id: 7, algorithm, secretFile: fileOf('5a'.repeat(octets)) }]);
    const program = `import { readSymmetricKeys } from './ntp-gateway/io/symmetric-keys.ts'; readSymmetricKeys(${keys});`;
    const { code, stderr } = await runChild(NODE, ['--input-type=module', '-e', program]);
    expect(code).toBe(0);
    expect(logLines(stderr)).toMatchObject(warnings.map((msg) => ({ level: 'warn', event: 'weak-key', key: 7, msg })));
    expect(stderr).not.toContain('5a5a');
  });
});
