import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attempt, SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

it('puts what could not be done into one line', () => {
  const path = join(makeTempDir(), 'absent');
  const message = `cannot read ${path}: no such file or directory`;
  expect(() => attempt(`read ${path}`, () => readFileSync(path))).toThrow(new SetupError(message));
});

it('hands on what was done, and errors that are ours', () => {
  expect(attempt('count', () => 7)).toBe(7);
  const bug = new TypeError('a bug');
  expect(() =>
    attempt('count', () => {
      throw bug;
    }),
  ).toThrow(bug);
});
