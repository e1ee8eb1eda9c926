import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findJump, keepLook, takeLook } from '../../../ntp-gateway/discipline/jump.ts';
import { openClocks } from '../../../ntp-gateway/io/clocks.ts';

describe('the clocks of this host', () => {
  const clocks = openClocks();

  it.runIf(process.platform === 'linux')('how long it slept is what /proc/uptime has beyond CLOCK_MONOTONIC', () => {
    const awake = Number(process.hrtime.bigint()) / 1e9;
    const uptime = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
    expect(Math.abs(awake + clocks.slept!() / 1e9 - uptime)).toBeLessThan(0.5);
  });

  it('do not jump while nothing happens, however they are read', () => {
    let last = takeLook(clocks);
    for (let i = 0; i < 10_000; i++) {
      const look = takeLook(clocks);
      expect(findJump(last, look)).toBeUndefined();
      last = keepLook(last, look);
    }
  });
});
