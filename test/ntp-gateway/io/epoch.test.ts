import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepEpoch, nextEpoch } from '../../../ntp-gateway/io/epoch.ts';
import { openKeeping } from '../../../ntp-gateway/io/keeping.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

describe('the epoch', () => {
  it('goes up at each start', () => {
    const folder = makeTempDir();
    expect([nextEpoch(folder), nextEpoch(folder), nextEpoch(folder)]).toEqual([1, 2, 3]);
    expect(readFileSync(join(folder, 'epoch'), 'utf8')).toBe('3\n');
    expect(statSync(join(folder, 'epoch')).mode & 0o777).toBe(0o600);
  });

  it('goes on above one that was kept, and never back', () => {
    const folder = makeTempDir();
    keepEpoch(folder, 2 ** 40);
    keepEpoch(folder, 7);
    expect(nextEpoch(folder)).toBe(2 ** 40 + 1);
  });

  it.each([
    '',
    '\n',
    '12',
    'x\n',
    '-3\n',
    '1.5\n',
    '1e9\n',
    ' 7\n',
    '7\n7\n',
    '\0\0\0',
    '1'.repeat(16),
    '9'.repeat(60),
  ])('that is damaged (%j) is set aside and counted from the Unix time', (content) => {
    const folder = makeTempDir();
    writeFileSync(join(folder, 'epoch'), content);
    const before = Math.floor(Date.now() / 1_000);
    const epoch = nextEpoch(folder);
    expect(epoch).toBeGreaterThan(before);
    expect(epoch).toBeLessThanOrEqual(Math.floor(Date.now() / 1_000) + 1);
    expect(readFileSync(join(folder, 'epoch.damaged'), 'utf8')).toBe(content);
    expect(nextEpoch(folder)).toBe(epoch + 1);
  });

  it('counts from the Unix time where it cannot be kept, and is kept as soon as it can', () => {
    const folder = join(makeTempDir(), 'absent');
    let again = (): void => {};
    const keeping = openKeeping((fire) => {
      again = fire;
    });
    const before = Math.floor(Date.now() / 1_000);
    const epoch = nextEpoch(folder, keeping);
    expect(epoch).toBeGreaterThanOrEqual(before);
    const path = join(folder, 'epoch');
    expect(keeping.state().faults).toEqual({ [path]: `cannot write ${path}: no such file or directory` });
    mkdirSync(folder);
    again();
    expect(keeping.state().faults).toEqual({});
    expect(nextEpoch(folder)).toBe(epoch + 1);
  });

  it('is never lowered where its file is damaged while the gateway runs', () => {
    const folder = makeTempDir();
    keepEpoch(folder, 5);
    writeFileSync(join(folder, 'epoch'), '');
    const before = Math.floor(Date.now() / 1_000);
    keepEpoch(folder, 6);
    expect(nextEpoch(folder)).toBeGreaterThan(before);
  });

  it('sets aside what is no file', () => {
    const folder = makeTempDir();
    mkdirSync(join(folder, 'epoch', 'full'), { recursive: true });
    mkdirSync(join(folder, 'epoch.damaged', 'full'), { recursive: true });
    keepEpoch(folder, 1);
    expect(nextEpoch(folder)).toBeGreaterThan(1e9);
    expect(existsSync(join(folder, 'epoch.damaged', 'full'))).toBe(true);
  });
});
