import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nanos } from '#contract/time.ts';
import { attachSharedMemory } from '#native/shared-memory.ts';
import { bindUnixDatagrams, sendUnixDatagram } from '#native/unix-datagram.ts';
import type { ReferenceClockConfig } from '../../../ntp-gateway/config.ts';
import { openReferenceClock } from '../../../ntp-gateway/io/reference-clocks.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { decodeShmSample } from '../../../ntp-gateway/wire/shm-sample.ts';
import { shmCopy, shmSegment, sockSampleAt } from '../../support/clock-samples.ts';
import { removeSegment } from '../../support/remove-segment.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const NOON = 1_795_348_800_000_000_000n;
const COMMON = { referenceId: 0, uncertainty: nanos(1), offset: nanos(0) };
const sock = (path: string): ReferenceClockConfig => ({ name: path, driver: 'sock', path, ...COMMON });
/** Keys are the whole host's: far above the units that gpsd takes, and another for each process. */
const UNIT = 128 + (process.pid % 128);
const SHM: ReferenceClockConfig = { name: `shm ${UNIT}`, driver: 'shm', unit: UNIT, ...COMMON };
const KEY = 0x4e545030 + UNIT;

describe.skipIf(process.platform !== 'linux')('the SOCK driver', () => {
  it('hears what is written into its socket, which only its owner may, and takes it away at the end', () => {
    const path = join(makeTempDir(), 'gps.sock');
    const feed = openReferenceClock(sock(path));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(feed.take()).toEqual([]);
    const samples = [sockSampleAt(NOON, 0.25), sockSampleAt(NOON, 0.5), new Uint8Array(3)];
    for (const sample of samples) sendUnixDatagram(path, sample);
    expect(feed.take()).toEqual(samples);
    expect(feed.take()).toEqual([]);
    sendUnixDatagram(path, new Uint8Array(500));
    expect(feed.take()[0]!.length).toBe(41); // enough to see that it is too long
    feed.close();
    expect(existsSync(path)).toBe(false);
  });

  it('does not let a flood keep it', () => {
    const path = join(makeTempDir(), 'gps.sock');
    const feed = openReferenceClock(sock(path));
    let sent = 0;
    try {
      for (; sent < 100_000; sent++) sendUnixDatagram(path, Uint8Array.of(sent & 0xff));
    } catch {} // the kernel's queue is full
    const [first, second] = [feed.take(), feed.take()];
    expect(first.length).toBeLessThanOrEqual(16);
    expect(second[0] ?? first.at(-1)).toEqual(Uint8Array.of(sent > 16 ? 16 : sent - 1));
    feed.close();
  });

  it('takes the place of one that was killed', () => {
    const path = join(makeTempDir(), 'gps.sock');
    bindUnixDatagrams(path, 0o600).close();
    openReferenceClock(sock(path)).close();
  });

  it.each([
    ['a file is there that is no socket', (path: string) => void writeFileSync(path, 'precious')],
    ['another program listens there', (path: string) => void bindUnixDatagrams(path, 0o600)],
  ])('leaves alone what is not its own: %s', (why, occupy) => {
    const path = join(makeTempDir(), 'gps.sock');
    occupy(path);
    expect(() => openReferenceClock(sock(path))).toThrow(new SetupError(`cannot listen on ${path}: ${why}`));
    expect(existsSync(path)).toBe(true);
  });

  it('says what keeps it from starting', () => {
    const path = join(makeTempDir(), 'no/gps.sock');
    const message = `cannot listen on ${path}: no such file or directory`;
    expect(() => openReferenceClock(sock(path))).toThrow(new SetupError(message));
  });
});

describe.skipIf(process.platform !== 'linux')('the SHM driver', () => {
  it('takes each sample once, with the count as it was after that', () => {
    using _ = removeSegment(KEY);
    const feed = openReferenceClock(SHM);
    const driver = attachSharedMemory(KEY, 96, 0o600);
    const segment = new Uint8Array(driver.memory);
    expect(feed.take()).toEqual([]);
    for (const clock of [NOON, NOON + 1_000_000_000n]) {
      const fields = { clock, received: clock + 5n, count: 17 };
      segment.set(shmSegment(fields));
      const [copy, ...more] = feed.take();
      expect(more).toEqual([]);
      expect(copy).toEqual(shmCopy(fields));
      expect(decodeShmSample(copy!)).toMatchObject({ ok: true, value: { time: clock } });
      expect(segment[48]).toBe(0);
      expect(feed.take()).toEqual([]);
    }
    feed.close();
    driver.close();
  });

  it('says what keeps it from starting', () => {
    using _ = removeSegment(KEY);
    attachSharedMemory(KEY, 64, 0o600).close(); // smaller than any driver makes it
    const message = `cannot attach the shared memory of unit ${UNIT}: invalid argument`;
    expect(() => openReferenceClock(SHM)).toThrow(new SetupError(message));
  });
});
