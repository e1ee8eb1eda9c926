import { openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { digestOf, linesOf, openRecording, recordOn } from '../../../ntp-gateway/io/recording.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { watchLog } from '../../support/log-lines.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const fileOf = (content: string | Uint8Array, name = 'file'): string => {
  const path = join(makeTempDir(), name);
  writeFileSync(path, content);
  return path;
};
const read = async (path: string): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of linesOf(path)) lines.push(line);
  return lines;
};

describe('writing a recording', () => {
  it('keeps every line in order, for its owner alone', async () => {
    const path = join(makeTempDir(), 'recording');
    const lines = Array.from({ length: 10_000 }, (_, i) => `${i} ${'µ'.repeat(i % 90)}`);
    const { write, close } = openRecording(path);
    for (const line of lines) write(line);
    await close();
    expect(readFileSync(path, 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await read(path)).toEqual(lines);
  });

  it('never goes over a file that exists', () => {
    const path = fileOf('mine');
    expect(() => openRecording(path)).toThrow(new SetupError(`cannot record to ${path}: file already exists`));
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('ends with one warning where the disk is full', async () => {
    const said = watchLog();
    const { write, close } = recordOn(openSync('/dev/full', 'w'), 'FILE');
    for (let i = 0; i < 10; i++) {
      write('line');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await close();
    write('one more');
    expect(said()).toEqual([
      'warn: recording to FILE ends here, the gateway goes on: ENOSPC: no space left on device, write',
    ]);
  });

  it('ends with one warning where the disk does not keep up, and never holds more than 16 MiB and a line', async () => {
    const said = watchLog();
    const path = join(makeTempDir(), 'recording');
    const { write, close } = openRecording(path);
    const line = 'x'.repeat(1_000_000);
    for (let i = 0; i < 40; i++) write(line); // without a turn of the loop, no disk is fast enough
    await close();
    expect(said()).toEqual([`warn: recording to ${path} ends here, the gateway goes on: the disk does not keep up`]);
    expect(statSync(path).size).toBeLessThan(18_000_000);
  });
});

describe('reading a recording', () => {
  it('gives its whole lines, also from a compressed file', async () => {
    expect(await read(fileOf('a\n\nµ\ncut o'))).toEqual(['a', '', 'µ']);
    expect(await read(fileOf(gzipSync('a\nµ\n'), 'file.gz'))).toEqual(['a', 'µ']);
    expect(await read(fileOf(''))).toEqual([]);
  });

  it.each([
    ['none', () => join(makeTempDir(), 'absent'), 'no such file or directory'],
    ['a folder', makeTempDir, 'EISDIR: illegal operation on a directory, read'],
    ['what is not compressed', () => fileOf('a\n', 'file.gz'), 'incorrect header check'],
    ['a cut compressed file', () => fileOf(gzipSync('a\n').subarray(0, -4), 'file.gz'), 'unexpected end of file'],
    ['a line without end', () => '/dev/zero', 'it has a line of more than 1 MB'],
  ])('refuses %s in one line', async (_name, make, reason) => {
    const path = make();
    await expect(read(path)).rejects.toThrow(new SetupError(`cannot read ${path}: ${reason}`));
  });
});

it('a digest is SHA-256 in base64url, FIPS 180-4’s "abc"', () => {
  expect(Buffer.from(digestOf('abc'), 'base64url').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
