import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { monoNanos, nanos, unixNanos } from '#contract/time.ts';
import type { KeptOscillator } from '../../../ntp-gateway/discipline/remembered.ts';
import { damagedFiles } from '../../../ntp-gateway/io/files.ts';
import { readBootId, readOscillator, writeOscillator } from '../../../ntp-gateway/io/oscillator.ts';
import { watchLog } from '../../support/log-lines.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const KEPT: KeptOscillator = {
  look: {
    now: monoNanos(2n ** 63n + 11n),
    wall: unixNanos(1_795_336_200_123_456_789n),
    slept: nanos(-320),
  },
  frequency: -1.234567890123e-5,
  frequencyBounds: { least: -1.44e-5, greatest: -1.05e-5 },
  wander: 1.3,
};
const BOOT = '7f3c1e1a-3b0d-4c53-9d57-3f1a5c1f2b6e';

const write = (content: string): { folder: string; file: string } => {
  const folder = makeTempDir();
  const file = join(folder, 'oscillator.json');
  writeFileSync(file, content);
  return { folder, file };
};
const written = (changes: object): string => {
  const folder = makeTempDir();
  writeOscillator(folder, BOOT, KEPT);
  return JSON.stringify({ ...JSON.parse(readFileSync(join(folder, 'oscillator.json'), 'utf8')), ...changes });
};

describe('what is known of the oscillator', () => {
  it('comes back to the last bit, within this boot or after it', () => {
    const folder = makeTempDir();
    expect(readOscillator(folder, BOOT)).toBeUndefined();
    writeOscillator(folder, BOOT, KEPT);
    expect(readOscillator(folder, BOOT)).toStrictEqual({ kept: KEPT, isThisBoot: true });
    expect(readOscillator(folder, 'another')).toStrictEqual({ kept: KEPT, isThisBoot: false });
    expect(readOscillator(folder, undefined)).toStrictEqual({ kept: KEPT, isThisBoot: false });
  });

  it('of a system that names no boots, nor counts its sleep, is of another boot', () => {
    const folder = makeTempDir();
    const { slept: _, ...look } = KEPT.look;
    writeOscillator(folder, undefined, { ...KEPT, look });
    expect(readOscillator(folder, undefined)).toStrictEqual({ kept: { ...KEPT, look }, isThisBoot: false });
  });

  it('is written whole or not at all, for its owner alone', () => {
    const folder = makeTempDir();
    writeOscillator(folder, BOOT, KEPT);
    const file = join(folder, 'oscillator.json');
    const { ino } = statSync(file);
    writeOscillator(folder, BOOT, { ...KEPT, frequency: 1e-6 });
    expect(statSync(file).ino).not.toBe(ino);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['oscillator.json']);
  });

  it.each([
    ['nothing', ''],
    ['half of it', written({}).slice(0, -20)],
    ['zeros', '\0'.repeat(100)],
    ['too much', written({}) + ' '.repeat(1_024)],
    ['null', 'null'],
    ['another version', written({ version: 2 })],
    ['a member more', written({ extra: 1 })],
    ['no boot', written({ bootId: undefined })],
    ['a wild frequency', written({ frequency: 0.11 })],
    ['a frequency in words', written({ frequency: '1e-6' })],
    ['bounds that cross', written({ frequencyBounds: { least: 1e-6, greatest: -1e-6 } })],
    ['no time', written({ savedAt: {} })],
    ['a time before all', written({ savedAt: { monoNs: '-1', wallUnixNs: '1' } })],
    ['a time as a number', written({ savedAt: { monoNs: 1, wallUnixNs: '1' } })],
  ])('that is damaged (%s) is set aside with a warning', (_name, content) => {
    const said = watchLog();
    const { folder, file } = write(content);
    expect(readOscillator(folder, BOOT)).toBeUndefined();
    expect(readFileSync(`${file}.damaged`, 'utf8')).toBe(content);
    expect(damagedFiles()[file]).toMatch(/was damaged: kept as /);
    expect(existsSync(file)).toBe(false);
    expect(said()).toEqual([
      `warn: ${file} was damaged: kept as ${file}.damaged, and the oscillator is measured from scratch`,
    ]);
    writeOscillator(folder, BOOT, KEPT);
    expect(readOscillator(folder, BOOT)?.kept).toStrictEqual(KEPT);
  });

  it('is set aside where it is no file', () => {
    const folder = makeTempDir();
    mkdirSync(join(folder, 'oscillator.json'));
    expect(readOscillator(folder, BOOT)).toBeUndefined();
    writeOscillator(folder, BOOT, KEPT);
    expect(readOscillator(folder, BOOT)?.kept).toStrictEqual(KEPT);
  });
});

it.runIf(process.platform === 'linux')('a boot has a name', () => {
  expect(readBootId()).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
});
