/** The port over fakes of what reads and writes: nothing here touches a kernel. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Timex, TimexChange } from '../../../native/clock-adjtime.ts';
import { openKeeping } from '../../../ntp-gateway/io/keeping.ts';
import { openSystemClock, systemClockPort } from '../../../ntp-gateway/io/system-clock.ts';
import { ROOT } from '../../support/root.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const TIMEX: Timex = { freq: 5, tick: 10_000, status: 0, maxError: 900, estError: 40, tai: 37 };
const WRITTEN = { freq: -1_234_567, tick: 10_831, status: 0x10, maxError: 15_999_999, estError: 12, base: -1.5e-5 };

const fails = (code: string) => () => {
  throw Object.assign(new Error(`clock_adjtime: ${code}`), { code });
};
const makePort = (path: string, { boot = 'b1', read = () => TIMEX, write = (_: TimexChange) => TIMEX } = {}) => {
  const calls: string[] = [];
  const keeping = openKeeping(() => {});
  const port = systemClockPort(
    path,
    boot === '' ? undefined : boot,
    { read },
    {
      write: (change) => {
        calls.push('write');
        return write(change);
      },
      endSlews: () => void calls.push('endSlews'),
    },
    keeping,
  );
  return { ...port, calls, faults: () => Object.keys(keeping.state().faults) };
};
const makePath = () => join(makeTempDir(), 'system-clock.json');

describe('the port', () => {
  it('reads, writes, and ends what others left running only where it takes over', () => {
    const { read, write, calls } = makePort(makePath());
    expect(read()).toEqual({ ok: true, value: TIMEX });
    expect(write(TIMEX, false)).toEqual({ ok: true, value: TIMEX });
    write(TIMEX, true);
    expect(calls).toEqual(['write', 'endSlews', 'write']);
  });

  it('says what EPERM takes, from whom it is had, and other refusals as they are', () => {
    const port = makePort(makePath(), { read: fails('EINVAL'), write: fails('EPERM') });
    expect(port.read()).toEqual({ ok: false, reason: 'failed', detail: 'clock_adjtime: EINVAL' });
    expect(port.write(TIMEX, false)).toMatchObject({
      reason: 'not-permitted',
      detail: expect.stringMatching(/CAP_SYS_TIME.*drop-in system-clock\.conf.*--user root --cap-add SYS_TIME/),
    });
    expect(existsSync(join(ROOT, 'systemd/noonmark-gateway.service.d/system-clock.conf'))).toBe(true);
  });

  it('is refused where steering would move the virtual clock itself', () => {
    expect(openSystemClock(makeTempDir(), 'b1', false)).toMatchObject({ ok: false, reason: 'no-raw-clock' });
  });
});

describe('its file', () => {
  it('tells the next start of this boot, and no other', () => {
    const path = makePath();
    const port = makePort(path);
    expect(port.written).toBeUndefined();
    port.keep({ ...WRITTEN, freq: 0, base: 0.01234567890123456 }); // a longer text leaves nothing behind
    port.keep(WRITTEN);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 1, bootId: 'b1', written: WRITTEN });
    expect(makePort(path).written).toEqual(WRITTEN);
    expect(makePort(path, { boot: 'b2' }).written).toBeUndefined();
    expect(makePort(path, { boot: '' }).written).toBeUndefined();
  });

  it.each([
    '',
    '{',
    '{}',
    'x'.repeat(600),
    JSON.stringify({ version: 1, bootId: 'b1', written: { ...WRITTEN, tick: 1.5 } }),
  ])('damaged is as none, and is written over: %#', (text) => {
    const path = makePath();
    writeFileSync(path, text);
    const port = makePort(path);
    expect(port.written).toBeUndefined();
    port.keep(WRITTEN);
    expect(makePort(path).written).toEqual(WRITTEN);
  });

  it('that cannot be written is a fault of the state directory, until it can', () => {
    const path = makePath();
    mkdirSync(path);
    const port = makePort(path);
    port.keep(WRITTEN);
    expect(port.faults()).toEqual([path]);
    rmdirSync(path);
    port.keep(WRITTEN);
    expect(port.faults()).toEqual([]);
    expect(makePort(path).written).toEqual(WRITTEN);
  });
});
