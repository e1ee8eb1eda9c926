import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileFaults } from '../../../ntp-gateway/io/file-faults.ts';
import { openTable } from '../../../ntp-gateway/io/measurement-log.ts';
import { watchLog } from '../../support/log-lines.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const SIZE = { maxSize: 1_000, keep: 2 };
const read = (path: string): readonly string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

it('begins with its header, goes on in what is there, and holds all when it is closed', async () => {
  const path = join(makeTempDir(), 'made', 'a.log');
  for (const run of ['1', '2']) {
    const { write, close } = openTable(path, '#header', SIZE);
    write(`${run} a`);
    write(`${run} b`);
    await close();
  }
  expect(read(path)).toEqual(['#header', '1 a', '1 b', '#header', '2 a', '2 b']);
});

it('is put aside by size, so many times, and each begins with the header', async () => {
  const folder = makeTempDir();
  const path = join(folder, 'a.log');
  const { write, close } = openTable(path, '#header', SIZE);
  const lines = Array.from({ length: 45 }, (_, i) => `${i}`.padStart(99, '.'));
  for (const [i, line] of lines.entries()) {
    write(line);
    await waitFor('it to be written', () =>
      readdirSync(folder).some((name) => read(join(folder, name)).includes(lines[i]!)),
    );
  }
  await close();
  expect(readdirSync(folder).sort()).toEqual(['a.log', 'a.log.1', 'a.log.2']);
  const texts = ['a.log.2', 'a.log.1', 'a.log'].map((name) => read(join(folder, name)));
  for (const [header, ...rest] of texts) {
    expect(header).toBe('#header');
    expect(rest).not.toContain('#header');
  }
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThan(1_200);
  const kept = texts.flatMap(([, ...rest]) => rest);
  expect(kept).toEqual(lines.slice(-kept.length));
});

it('says once that it cannot be written, loses what comes meanwhile, and goes on by itself', async () => {
  const said = watchLog();
  const folder = join(makeTempDir(), 'folder');
  writeFileSync(folder, 'a file');
  const path = join(folder, 'a.log');
  const { write, close } = openTable(path, '#header', SIZE, 5);
  write('lost');
  await waitFor('a word', () => said().length > 0);
  await new Promise((resolve) => setTimeout(resolve, 50)); // while it is tried again and again
  expect(fileFaults()[path]).toMatch(/^cannot write .*ENOTDIR/);
  rmSync(folder);
  mkdirSync(folder);
  await waitFor('it to be kept', () => {
    write('kept');
    return said().length > 1;
  });
  expect(fileFaults()).not.toHaveProperty([path]);
  await close();
  expect(said()).toEqual([
    expect.stringMatching(
      `^warn: cannot write ${path}: ENOTDIR.*: measurements are lost, and it is tried again each minute$`,
    ),
    `info: measurements are kept again in ${path}`,
  ]);
  const [header, ...lines] = read(path).filter((line) => line !== '');
  expect(header).toBe('#header');
  expect(new Set(lines)).toEqual(new Set(['kept']));
});

it('holds little for a disk that does not keep up, and says so once', async () => {
  const said = watchLog();
  const path = join(makeTempDir(), 'a.log');
  const { write, close } = openTable(path, '#header', { maxSize: 1e9, keep: 1 });
  for (let i = 0; i < 5_000; i++) write('x'.repeat(99)); // without a turn of the loop, no disk is fast enough
  await close();
  expect(statSync(path).size).toBeLessThan(66_000);
  expect(said()).toHaveLength(1);
  expect(said()[0]).toMatch(/^warn: .*the disk does not keep up/);
});
