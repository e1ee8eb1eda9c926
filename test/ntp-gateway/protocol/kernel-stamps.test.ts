import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ClockWords,
  MONOTONIC,
  MONOTONIC_AGAIN,
  NANOS,
  openKernelStamps,
  RAW,
  SYSTEM,
} from '../../../ntp-gateway/protocol/kernel-stamps.ts';
import { evenly } from '../../support/evenly.ts';

/** A host: ns of its oscillator are the truth; `slew` and `offset` say what its other clocks make of them. */
const newHost = () => {
  const host = { at: 5_000_000_000, monotonic: 7_000_000_000n, offset: 1_764_000_000_123_456_789n, slew: 0 };
  const words: ClockWords = new Int32Array(16);
  const write = (clock: number, time: bigint): void => {
    words[clock] = Number(BigInt.asIntN(32, time / 1_000_000_000n));
    words[clock + NANOS] = Number(time % 1_000_000_000n);
  };
  const wait = (ns: number): void => {
    host.at += ns;
    host.monotonic += BigInt(Math.round(ns * (1 + host.slew)));
  };
  const system = (): bigint => host.monotonic + host.offset;
  return {
    wait,
    slewBy: (ratio: number) => {
      host.slew = ratio;
    },
    step: (ns: number) => {
      host.offset += BigInt(ns);
    },
    /** Of now, as the kernel stamps. */
    stamp: () => ({
      at: host.at,
      seconds: Number(BigInt.asIntN(32, system() / 1_000_000_000n)),
      nanos: Number(system() % 1_000_000_000n),
    }),
    /** @param gap - ns between readings. @returns when `RAW` was read. */
    read: (gap: number) => {
      write(MONOTONIC, host.monotonic);
      wait(gap);
      write(SYSTEM, system());
      wait(gap);
      const raw = host.at;
      write(RAW, BigInt(raw));
      wait(gap);
      write(MONOTONIC_AGAIN, host.monotonic);
      return { raw, words };
    },
  };
};

const open = (gap = 50) => {
  const host = newHost();
  const stamps = openKernelStamps();
  const look = (thisGap = gap) => {
    const { raw, words } = host.read(thisGap);
    return { isSteady: stamps.look(words), raw };
  };
  look();
  return {
    host,
    look,
    received: (raw: number, { seconds, nanos }: { seconds: number; nanos: number }) =>
      raw - stamps.waited(seconds, nanos),
    gone: ({ seconds, nanos }: { seconds: number; nanos: number }) => stamps.gone(seconds, nanos),
  };
};

describe('kernel stamps, by the oscillator', () => {
  it('are as old as the system clock says', () => {
    const { host, look, received, gone } = open();
    host.wait(300_000);
    const stamp = host.stamp();
    host.wait(20_000);
    const { isSteady, raw } = look();
    expect(isSteady).toBe(true);
    expect(received(raw, stamp) - stamp.at).toBe(50 + 11); // a reading, and 5e-4 of the rest
    expect(raw - gone(stamp) - stamp.at).toBe(50 - 150 - 11);
  });

  it.each([1, -1, 1_000, -1_000, 3_600_000_000, -3_600_000_000])(
    'are not known where the clock was set by %i µs',
    (us) => {
      const { host, look, received, gone } = open();
      host.wait(10_000_000);
      const before = host.stamp();
      host.step(us * 1_000);
      const after = host.stamp();
      const { isSteady, raw } = look();
      expect(isSteady).toBe(false);
      for (const stamp of [before, after]) expect([received(raw, stamp), gone(stamp)]).toEqual([raw, -1]);
    },
  );

  it.each([40_000, -40_000])('are known again a second after it was set by %i ns', (step) => {
    const { host, look, received, gone } = open();
    const early = host.stamp();
    host.step(step);
    expect(look().isSteady).toBe(false);
    const soon = host.stamp();
    host.wait(990_000_000);
    const first = look();
    expect(first.isSteady).toBe(true);
    for (const stamp of [early, soon]) expect([received(first.raw, stamp), gone(stamp)]).toEqual([first.raw, -1]);
    host.wait(20_000_000);
    const late = host.stamp();
    const second = look();
    expect(received(second.raw, late) - late.at).toBeLessThan(60);
  });

  it('are not known where the readings were interrupted, since a step may hide there', () => {
    const { host, look, received, gone } = open();
    const stamp = host.stamp();
    host.step(-900);
    host.wait(1_000);
    const { isSteady, raw } = look(1_000);
    expect(isSteady).toBe(true);
    expect([received(raw, stamp), gone(stamp)]).toEqual([raw, -1]);
  });

  it.each([
    { name: 'of the future', waits: -1 },
    { name: 'more than a second old', waits: 1_000_001_000 },
  ])('are not known if $name', ({ waits }) => {
    const { host, look, received, gone } = open();
    const stamp = host.stamp();
    if (waits > 0) host.wait(waits);
    const { raw } = look();
    const asked = waits > 0 ? stamp : host.stamp();
    expect([received(raw, asked), gone(asked)]).toEqual([raw, -1]);
  });

  it.each([0.083, -0.083])('are not earlier where a daemon slews by %f', (slew) => {
    const { host, look, received, gone } = open();
    host.slewBy(slew);
    host.wait(1_000);
    const stamp = host.stamp();
    host.wait(500_000);
    const { raw } = look();
    expect(received(raw, stamp)).toBeGreaterThanOrEqual(stamp.at);
    expect(raw - gone(stamp)).toBeLessThanOrEqual(stamp.at);
  });

  it('outlive the year 2038', () => {
    const { host, look, received } = open();
    host.step((2 ** 31 - 1_764_000_008) * 1e9 - 400_000_000);
    look();
    host.wait(1_000_000_000);
    const stamp = host.stamp();
    host.wait(900_000_000);
    const { raw } = look();
    expect(stamp.seconds).toBe(2 ** 31 - 1);
    expect(host.stamp().seconds).toBe(-(2 ** 31));
    expect(received(raw, stamp) - stamp.at).toBeCloseTo(450_050, -3);
  });

  it('are never early of requests and never late of replies, whatever the clocks do', () => {
    const happening = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ wait: fc.oneof(fc.integer({ min: 0, max: 3_000_000 }), fc.constant(1_000_000_000)) }),
      },
      { weight: 4, arbitrary: fc.record({ gap: fc.integer({ min: 20, max: 400 }) }) },
      { weight: 1, arbitrary: fc.record({ step: fc.integer({ min: -5_000_000, max: 5_000_000 }) }) },
      { weight: 1, arbitrary: fc.record({ slew: evenly({ min: -5e-4, max: 5e-4 }) }) },
    );
    fc.assert(
      fc.property(fc.array(happening, { minLength: 10, maxLength: 60 }), (happenings) => {
        const { host, look, received, gone } = open();
        const pending: ReturnType<typeof host.stamp>[] = [];
        let isLetBe = true;
        for (const happens of happenings) {
          pending.push(host.stamp());
          if ('wait' in happens) host.wait(happens.wait);
          else if ('slew' in happens) host.slewBy(happens.slew);
          // What is smaller than the readings' width need not be noticed, nor what is taken back before the next look.
          else if ('step' in happens) {
            if (isLetBe && Math.abs(happens.step) >= 2_000) host.step(happens.step);
            isLetBe = false;
          } else {
            const { raw } = look(happens.gap);
            isLetBe = true;
            for (const stamp of pending) {
              expect(received(raw, stamp)).toBeGreaterThanOrEqual(stamp.at);
              const age = gone(stamp);
              if (age >= 0) expect(raw - age).toBeLessThanOrEqual(stamp.at);
            }
            if (happens.gap % 2) pending.length = 0; // the others are asked about once more, as a queue has it
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
