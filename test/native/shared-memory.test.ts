import { describe, expect, it } from 'vitest';
import { attachSharedMemory } from '#native/shared-memory.ts';
import { removeSegment } from '../support/remove-segment.ts';

/** Keys are the whole host's: another for each process. */
const KEY = 0x4e000000 + process.pid;

describe.skipIf(process.platform !== 'linux')('a shared memory segment', () => {
  it('is one memory for all who attach it', () => {
    using _ = removeSegment(KEY);
    const [one, other] = [attachSharedMemory(KEY, 96, 0o600), attachSharedMemory(KEY, 96, 0o600)];
    const [here, there] = [new Int32Array(one.memory), new Int32Array(other.memory)];
    expect(here.length).toBe(24);
    Atomics.store(here, 12, 7);
    expect(Atomics.load(there, 12)).toBe(7);
    one.close();
    other.close();
    const later = attachSharedMemory(KEY, 96, 0o600);
    expect(new Int32Array(later.memory)[12]).toBe(7);
    later.close();
  });

  it('is refused as Node would say it', () => {
    using _ = removeSegment(KEY);
    attachSharedMemory(KEY, 96, 0o600).close();
    expect(() => attachSharedMemory(KEY, 1_000_000, 0o600)).toThrow(expect.objectContaining({ errno: -22 })); // EINVAL
  });
});
