import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepEpoch, nextEpoch } from '../../../ntp-gateway/io/epoch.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
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

  it('is refused in one line where it cannot be kept', () => {
    const absent = join(makeTempDir(), 'absent');
    const message = `cannot keep the epoch in ${absent}: no such file or directory`;
    expect(() => nextEpoch(absent)).toThrow(new SetupError(message));
    const folder = makeTempDir();
    mkdirSync(join(folder, 'epoch'));
    expect(() => keepEpoch(folder, 1)).toThrow(SetupError);
    expect(existsSync(join(folder, 'epoch.damaged'))).toBe(false);
  });
});
