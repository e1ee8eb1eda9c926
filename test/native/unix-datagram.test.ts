import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bindUnixDatagrams, hasUnixListener, sendUnixDatagram } from '#native/unix-datagram.ts';
import { makeTempDir } from '../support/temp-dir.ts';

describe.skipIf(process.platform !== 'linux')('a Unix socket', () => {
  it('gives datagrams in order, each cut to what was asked for and one octet', () => {
    const path = join(makeTempDir(), 's');
    const socket = bindUnixDatagrams(path, 0o600);
    expect(socket.receive(4)).toBeUndefined();
    for (const message of [[1, 2, 3, 4], [], [5, 6, 7, 8, 9, 10]]) sendUnixDatagram(path, Uint8Array.from(message));
    expect([1, 2, 3, 4].map(() => socket.receive(4)).map((one) => one && [...one])).toEqual([
      [1, 2, 3, 4],
      [],
      [5, 6, 7, 8, 9],
      undefined,
    ]);
    socket.close();
  });

  it('has its mode and its name until someone takes that away, and a listener until it is closed', () => {
    const path = join(makeTempDir(), 's');
    const socket = bindUnixDatagrams(path, 0o640);
    expect(statSync(path).mode & 0o777).toBe(0o640 & ~process.umask());
    expect(hasUnixListener(path)).toBe(true);
    socket.close();
    expect(existsSync(path)).toBe(true);
    expect(hasUnixListener(path)).toBe(false);
  });

  it('has a name in no file system where that begins with a zero', () => {
    const name = `\0noonmark-test-${process.pid}`;
    const socket = bindUnixDatagrams(name, 0o600);
    sendUnixDatagram(name, Uint8Array.of(7));
    expect([...socket.receive(4)!]).toEqual([7]);
    expect(() => sendUnixDatagram(`${name}.`, Uint8Array.of(7))).toThrow(expect.objectContaining({ errno: -111 }));
    socket.close();
  });

  it('is refused as Node would say it', () => {
    const path = join(makeTempDir(), 'no/such/folder');
    expect(() => bindUnixDatagrams(path, 0o600)).toThrow(expect.objectContaining({ errno: -2 })); // ENOENT
    expect(() => bindUnixDatagrams('/'.repeat(108), 0o600)).toThrow(RangeError);
  });
});
