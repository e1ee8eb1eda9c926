import { readFileSync } from 'node:fs';
import { constants, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attempt, cannotListen, SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

it('puts what could not be done into one line', () => {
  const path = join(makeTempDir(), 'absent');
  const message = `cannot read ${path}: no such file or directory`;
  expect(() => attempt(`read ${path}`, () => readFileSync(path))).toThrow(new SetupError(message));
});

it('says whom the system denies it', () => {
  const fault = Object.assign(new Error('EACCES'), { code: 'EACCES', errno: -constants.errno.EACCES });
  const deny = (): never => {
    throw fault;
  };
  const message = `cannot read x: permission denied for the user ${userInfo().username}`;
  expect(() => attempt('read x', deny)).toThrow(new SetupError(message));
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

it.each([
  {
    host: '127.0.0.1',
    code: 'EADDRINUSE',
    message: 'cannot listen on 127.0.0.1:123 for NTP: the port is in use by another program (ss -tulpn names it)',
  },
  {
    host: '::1',
    code: 'EACCES',
    message: 'cannot listen on [::1]:123 for NTP: ports below 1024 need CAP_NET_BIND_SERVICE or root',
  },
  {
    host: '192.0.2.1',
    code: 'EADDRNOTAVAIL',
    message: 'cannot listen on 192.0.2.1:123 for NTP: this host has no such address',
  },
  { host: '::', code: 'EMFILE', message: 'cannot listen on [::]:123 for NTP: too many open files' },
])('says why $host cannot be listened on: $code', ({ host, code, message }) => {
  const fault = Object.assign(new Error('too many open files'), { code });
  expect(cannotListen(host, 123, fault)).toEqual(new SetupError(message));
});
