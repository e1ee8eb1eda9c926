import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchFiles } from '../../../ntp-gateway/io/watched-files.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const LOOK_MS = 1_000;

describe('files that are watched', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());
  const start = () => {
    const file = join(makeTempDir(), 'file');
    const found = { told: 0 };
    const watch = watchFiles(
      () => [file],
      () => {
        found.told++;
      },
      LOOK_MS,
    );
    const looks = (many: number): number => {
      vi.advanceTimersByTime(many * LOOK_MS);
      return found.told;
    };
    return { ...watch, file, looks };
  };

  it('are told of once they stand still, and once', () => {
    const { file, looks, close } = start();
    expect(looks(2)).toBe(1); // that there is none
    for (let i = 0; i < 5; i++) {
      writeFileSync(file, 'x'.repeat(i)); // an editor's save: first an empty one, then part by part
      expect(looks(1)).toBe(1);
    }
    expect(looks(1)).toBe(2);
    writeFileSync(`${file}.new`, 'xxxx');
    renameSync(`${file}.new`, file); // as long as the last, and perhaps as old
    expect(looks(5)).toBe(3);
    close();
    writeFileSync(file, '');
    expect(looks(5)).toBe(3);
  });

  it('are told of again, changed or not, where somebody could not use them', () => {
    const { looks, again, close } = start();
    expect(looks(9)).toBe(1);
    for (let time = 2; time < 5; time++) {
      again();
      expect(looks(1)).toBe(time);
    }
    expect(looks(9)).toBe(4);
    close();
  });
});
