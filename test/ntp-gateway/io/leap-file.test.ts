import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '#contract/result.ts';
import { unixMillis } from '#contract/time.ts';
import { followLeapFile } from '../../../ntp-gateway/io/leap-file.ts';
import type { LeapList } from '../../../ntp-gateway/wire/leap-list.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const at = (day: string) => unixMillis(Date.parse(`${day}T00:00:00Z`));
const DEBIAN = '/usr/share/zoneinfo/leap-seconds.list';
const list = (expiry: number): string => `#@ ${expiry}\n3692217600 37\n`;

const readLeapFile = (path: string): Result<LeapList, string> => {
  let result: Result<LeapList, string> | undefined;
  followLeapFile(path)((read) => {
    result = read;
  })();
  return result!;
};

const fileOf = (text: string): string => {
  const path = join(makeTempDir(), 'leap-seconds.list');
  writeFileSync(path, text);
  return path;
};

describe('the leap second file', () => {
  it.runIf(existsSync(DEBIAN))('of this machine is read, its hash holds', () => {
    const read = readLeapFile(DEBIAN);
    if (!read.ok) throw new Error(read.detail);
    const { entries, expires } = read.value;
    expect(entries[0]).toEqual({ from: at('1972-01-01'), taiOffsetSeconds: 10 });
    expect(entries[27]).toEqual({ from: at('2017-01-01'), taiOffsetSeconds: 37 });
    expect(expires).toBeGreaterThan(at('2018-01-01'));
  });

  it.each([
    {
      name: 'is missing',
      path: join(makeTempDir(), 'none'),
      reason: 'unreadable',
      detail: /^cannot read it: no such file/,
    },
    { name: 'is a folder', path: makeTempDir(), reason: 'unreadable', detail: /^cannot read it: .*directory/ },
    { name: 'has no end', path: '/dev/zero', reason: 'too-large', detail: /64 kB/ },
    { name: 'is damaged', path: fileOf(`${list(3_991_593_600)}#h 1 2 3 4 5`), reason: 'wrong-hash', detail: /SHA-1/ },
    { name: 'is another', path: fileOf('root:x:0:0\n'), reason: 'malformed', detail: /^line 1: / },
  ])('that $name is refused in one line', ({ path, reason, detail }) => {
    const read = readLeapFile(path);
    expect(read).toMatchObject({ ok: false, reason, detail: expect.stringMatching(detail) });
  });

  it('is told of at once, and again when another is in its place, until that is no longer wanted', async () => {
    const path = fileOf(list(3_991_593_600));
    const heard: unknown[] = [];
    const forget = followLeapFile(path, 5)((read) => heard.push(read.ok ? read.value.expires : read.reason));
    expect(heard).toEqual([at('2026-06-28')]);
    renameSync(fileOf(list(4_007_318_400)), path);
    await waitFor('the renewed list', () => heard.length > 1);
    rmSync(path);
    await waitFor('that there is none', () => heard.length > 2);
    expect(heard).toEqual([at('2026-06-28'), at('2026-12-27'), 'unreadable']);
    forget();
  });
});
