import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bindUnixDatagrams } from '#native/unix-datagram.ts';
import { openServiceManager } from '../../../ntp-gateway/io/service-manager.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

describe('the service manager', () => {
  it.each([{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: 'vsock:2:1' }, { NOTIFY_SOCKET: '@', WATCHDOG_USEC: '1' }])(
    'is nobody: %j',
    (env) => {
      expect(openServiceManager(env)).toBeUndefined();
    },
  );

  it.each([
    { WATCHDOG_USEC: '30000000', watchdogMs: 30_000 },
    { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7', watchdogMs: 30_000 },
    { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8', watchdogMs: undefined }, // another process of the service
    { WATCHDOG_USEC: '0', watchdogMs: undefined },
    { WATCHDOG_USEC: 'soon', watchdogMs: undefined },
    { watchdogMs: undefined },
  ])('watches us: %j', ({ watchdogMs, ...env }) => {
    expect(openServiceManager({ NOTIFY_SOCKET: '/run/x', ...env }, 7)!.watchdogMs).toBe(watchdogMs);
  });

  it.skipIf(process.platform !== 'linux').each(['path', 'abstract'])('hears what it is told: by %s', (kind) => {
    const name = kind === 'path' ? join(makeTempDir(), 's') : `@noonmark-test-sd-${process.pid}`;
    const socket = bindUnixDatagrams(name.replace('@', '\0'), 0o600);
    openServiceManager({ NOTIFY_SOCKET: name })!.tell('READY=1', 'STATUS=good');
    expect(Buffer.from(socket.receive(100)!).toString()).toBe('READY=1\nSTATUS=good');
    socket.close();
  });

  it('may be gone', () => {
    expect(() => openServiceManager({ NOTIFY_SOCKET: '/nowhere/s' })!.tell('READY=1')).not.toThrow();
  });
});
