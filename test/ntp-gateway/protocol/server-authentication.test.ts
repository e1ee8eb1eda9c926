import { expect, it } from 'vitest';
import { openCryptography } from '#native/cryptography.ts';
import type { OpenCryptography } from '../../../ntp-gateway/protocol/cryptography.ts';
import { openServerAuthentication } from '../../../ntp-gateway/protocol/server-authentication.ts';
import { NO_KEYS, type ServerKeys } from '../../../ntp-gateway/protocol/server-keys.ts';

it('holds the newest keys alone: what was made for those before is freed', () => {
  const held: boolean[] = [];
  const open: OpenCryptography = (...sizes) => {
    const cryptography = openCryptography(...sizes);
    const at = held.push(true) - 1;
    return {
      ...cryptography,
      free: () => {
        held[at] = false;
        cryptography.free();
      },
    };
  };
  const keysOf = (id: number): ServerKeys => ({ symmetric: [], cookies: [{ id, key: new Uint8Array(32).fill(id) }] });
  const authentication = openServerAuthentication(open, () => {}, 1, keysOf(1));
  authentication.follow(keysOf(2));
  expect(held).toEqual([false, true]);
  authentication.follow(NO_KEYS);
  expect(held).toEqual([false, false]);
  authentication.follow(keysOf(3));
  authentication.free();
  expect(held).toEqual([false, false, false]);
});
