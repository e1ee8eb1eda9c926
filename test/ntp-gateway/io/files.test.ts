import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createFile,
  damagedFiles,
  openStateDir,
  readBounded,
  readConfigFile,
  readKept,
  writeAtomically,
} from '../../../ntp-gateway/io/files.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { watchLog } from '../../support/log-lines.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const fileOf = (content: string | Uint8Array): string => {
  const path = join(makeTempDir(), 'file');
  writeFileSync(path, content);
  return path;
};

describe('reading', () => {
  it('stops at the bound, also in a file without end', () => {
    const path = fileOf('12345');
    expect(readBounded(path, 5)?.toString()).toBe('12345');
    expect(readBounded(path, 4)).toBeUndefined();
    expect(readBounded('/dev/zero', 1_000)).toBeUndefined();
    expect(readBounded('/dev/null', 0)?.toString()).toBe('');
  });

  it('gives the text of a configuration', () => {
    expect(readConfigFile(fileOf('[gateway] # µs\n'))).toBe('[gateway] # µs\n');
  });

  it.each([
    ['a missing file', () => join(makeTempDir(), 'absent'), 'no such file or directory'],
    ['a folder', () => makeTempDir(), 'illegal operation on a directory'],
    ['one that is too large', () => fileOf('#'.repeat(1_000_001)), 'it is larger than 1000000 bytes'],
    ['one that is not UTF-8', () => fileOf(Uint8Array.of(0x23, 0xff)), 'it is not UTF-8 text'],
  ])('refuses %s in one line', (_name, make, reason) => {
    const path = make();
    expect(() => readConfigFile(path)).toThrow(new SetupError(`cannot read ${path}: ${reason}`));
  });
});

describe('what was kept', () => {
  const read = (path: string) => readKept(path, 99, () => undefined, 'does without');

  it('and is damaged is set aside, each time that it is', () => {
    const said = watchLog();
    const path = join(makeTempDir(), 'kept');
    for (const text of ['half', 'another half']) {
      writeFileSync(path, text);
      expect([read(path), read(path)]).toEqual(['damaged', 'absent']);
      expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(text);
    }
    const told = `${path} was damaged: kept as ${path}.damaged, and does without`;
    expect(said()).toEqual([`warn: ${told}`, `warn: ${told}`]);
    expect(damagedFiles()[path]).toBe(told);
  });

  it.skipIf(process.platform !== 'linux')('and cannot even be set aside is said once, however often it is read', () => {
    const said = watchLog();
    const path = '/proc/version'; // as on a disk that is read-only
    expect([read(path), read(path), read(path)]).toEqual(['damaged', 'damaged', 'damaged']);
    expect(said()).toEqual([`warn: ${path} was damaged: it stays where it is, and does without`]);
  });
});

describe('writing', () => {
  it('replaces the file as a whole and leaves nothing else', () => {
    const folder = makeTempDir();
    const path = join(folder, 'file');
    writeAtomically(path, 'old and longer', 0o600);
    const old = statSync(path).ino;
    writeAtomically(path, 'new', 0o640);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(modeOf(path)).toBe(0o640);
    expect(statSync(path).ino).not.toBe(old); // whoever has the old file open keeps it
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it.each([
    { what: 'replaces', write: writeAtomically },
    { what: 'creates', write: createFile },
  ])('$what it whole, whatever a killed run has left, and not through a planted link', ({ write }) => {
    const folder = makeTempDir();
    const victim = fileOf('precious');
    writeFileSync(join(folder, 'a.new'), 'ha');
    symlinkSync(victim, join(folder, 'b.new'));
    write(join(folder, 'a'), 'half', 0o600);
    write(join(folder, 'b'), 'whole', 0o600);
    expect(['a', 'b'].map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['half', 'whole']);
    expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('creates only what is not there', () => {
    const path = fileOf('mine');
    expect(() => createFile(path, 'yours', 0o600)).toThrow('EEXIST');
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(readdirSync(dirname(path))).not.toContain(`${basename(path)}.new`);
  });
});

describe('the state directory', () => {
  it('is made for its owner alone, with those above it', () => {
    const path = join(makeTempDir(), 'a', 'b');
    openStateDir(path);
    expect(modeOf(path)).toBe(0o700);
  });

  it('is left as it is where it exists', () => {
    const path = makeTempDir();
    chmodSync(path, 0o750);
    openStateDir(path);
    expect(modeOf(path)).toBe(0o750);
  });

  it('must be a folder', () => {
    const path = fileOf('');
    expect(() => openStateDir(path)).toThrow(
      new SetupError(`cannot use the state directory ${path}: file already exists`),
    );
  });
});
