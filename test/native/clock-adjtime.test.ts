/** The kernel's system clock, read alone: nothing here writes, and what would be written is looked at as bytes. */
import { describe, expect, it } from 'vitest';
import { encodeChange, openSystemClockReader, type TimexChange } from '../../native/clock-adjtime.ts';

const reader = openSystemClockReader();
/** Docker's seccomp profile lets nobody without CAP_SYS_TIME call clock_adjtime, not even to read. */
const isReadable = (() => {
  try {
    return reader?.read() !== undefined;
  } catch {
    return false;
  }
})();

/** offsetof() of linux/timex.h, as gcc has them on x64 and arm64. */
const OFFSETS = {
  modes: 0,
  freq: 16,
  maxerror: 24,
  esterror: 32,
  status: 40,
  constant: 48,
  'time.tv_sec': 72,
  'time.tv_usec': 80,
  tick: 88,
};
const fieldsOf = (change: TimexChange) => {
  const timex = encodeChange(change);
  expect(timex.byteLength).toBe(208);
  const small = ['modes', 'status'];
  return Object.fromEntries(
    Object.entries(OFFSETS).map(([name, at]) => [
      name,
      small.includes(name) ? timex.getInt32(at, true) : Number(timex.getBigInt64(at, true)),
    ]),
  );
};

describe('struct timex', () => {
  const change = { freq: -0x111111, tick: 0x2222, status: 0x33, maxError: 0x444444, estError: 0x5555 };
  const fields = { freq: -0x111111, tick: 0x2222, status: 0x33, maxerror: 0x444444, esterror: 0x5555 };

  it.each([
    // ADJ_FREQUENCY | ADJ_MAXERROR | ADJ_ESTERROR | ADJ_STATUS | ADJ_TICK
    { name: 'rate and errors', more: {}, modes: 0x401e, time: [0, 0], constant: 0 },
    // and ADJ_TAI, whose value stands in `constant`
    { name: 'TAI', more: { tai: 37 }, modes: 0x409e, time: [0, 0], constant: 37 },
    // and ADJ_SETOFFSET | ADJ_NANO
    { name: 'a step ahead', more: { step: 3_600_000_000_001 }, modes: 0x611e, time: [3_600, 1], constant: 0 },
    // man 2 adjtimex: the second part is never negative
    { name: 'a step back', more: { step: -300_000_000 }, modes: 0x611e, time: [-1, 700_000_000], constant: 0 },
    // From 1970 to 2026, in ns a number of 61 bits: rounded, and still no part that the kernel refuses.
    {
      name: 'out of 1970',
      more: { step: Number(1_795_336_199_999_999_999n) },
      modes: 0x611e,
      time: [1_795_336_200, 0],
      constant: 0,
    },
    {
      name: 'back to 1970',
      more: { step: Number(-1_795_336_199_999_999_700n) },
      modes: 0x611e,
      time: [-1_795_336_200, 256],
      constant: 0,
    },
    { name: 'a whole second back', more: { step: -1e9, tai: 0 }, modes: 0x619e, time: [-1, 0], constant: 0 },
  ])('$name', ({ more, modes, time, constant }) => {
    const [seconds, nanos] = time;
    const told = { ...fields, modes, constant, 'time.tv_sec': seconds, 'time.tv_usec': nanos };
    expect(fieldsOf({ ...change, ...more })).toEqual(told);
  });

  it.each(['freq', 'tick', 'maxError', 'estError', 'step', 'tai'])('takes no %s that is not whole', (name) => {
    expect(() => encodeChange({ ...change, [name]: 0.5 })).toThrow(RangeError);
  });

  it.runIf(isReadable)('as this kernel has it: what it never leaves stands where it is looked for', () => {
    const { freq, tick, status, maxError, estError, tai } = reader!.read();
    expect(Math.abs(freq)).toBeLessThanOrEqual(500 * 65_536);
    expect(tick).toBeGreaterThanOrEqual(9_000);
    expect(tick).toBeLessThanOrEqual(11_000);
    expect(status & ~0xffff).toBe(0);
    expect([maxError, estError].every((error) => error >= 0 && error <= 16_000_000)).toBe(true);
    expect(Math.abs(tai)).toBeLessThan(1_000);
  });
});
