import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RELEASED } from '#contract/released.ts';
import { floorOf } from '../../../client/cli/floor-file.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const KEY = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw';
const RELEASED_MS = Number(RELEASED / 1_000_000n);
const LATER = RELEASED_MS + 12_345.678;

describe('the floor', () => {
  it('is this software’s own date at first, and then what was verified last, in a file for its owner alone', () => {
    const folder = makeTempDir();
    const floor = floorOf(KEY, { XDG_STATE_HOME: folder });
    expect(floor.load()).toBe(RELEASED_MS);
    floor.save(LATER);
    expect(floorOf(KEY, { XDG_STATE_HOME: folder }).load()).toBe(LATER);
    const files = readdirSync(join(folder, 'noonmark'));
    expect(files).toEqual([`floor-${KEY}.json`]);
    expect(statSync(join(folder, 'noonmark', files[0]!)).mode & 0o777).toBe(0o600);
  });

  it('does not go down, whoever else has raised it', () => {
    const env = { XDG_STATE_HOME: makeTempDir() };
    const [mine, another] = [floorOf(KEY, env), floorOf(KEY, env)];
    another.save(LATER);
    mine.save(LATER - 1_000);
    expect(mine.load()).toBe(LATER);
  });

  it('is each key’s own, and nothing is kept without one', () => {
    const env = { XDG_STATE_HOME: makeTempDir() };
    floorOf(undefined, env).save(LATER);
    expect(existsSync(join(env.XDG_STATE_HOME, 'noonmark'))).toBe(false);
    floorOf(KEY, env).save(LATER);
    expect(floorOf(`x${KEY.slice(1)}`, env).load()).toBe(RELEASED_MS);
  });

  it.each(['', 'null', '{', '{"earliestUnixMs":"9e99"}', '{"earliestUnixMs":-1}'])(
    'is this software’s date where the file holds %j',
    (text) => {
      const env = { XDG_STATE_HOME: makeTempDir() };
      mkdirSync(join(env.XDG_STATE_HOME, 'noonmark'));
      writeFileSync(join(env.XDG_STATE_HOME, 'noonmark', `floor-${KEY}.json`), text);
      expect(floorOf(KEY, env).load()).toBe(RELEASED_MS);
    },
  );

  it('is not kept where nothing can be', () => {
    const file = join(makeTempDir(), 'file');
    writeFileSync(file, '');
    floorOf(KEY, { XDG_STATE_HOME: file }).save(LATER);
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});
