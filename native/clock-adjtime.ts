/**
 * The kernel's system clock, read and written through libc: man 2 adjtimex. Reading needs no privilege; writing needs
 * CAP_SYS_TIME, and moves the clock of the whole host. So what writes is opened apart from what reads.
 */
import koffi from 'koffi';
import { CLOCK_REALTIME } from './clocks.ts';
import { systemError } from './system-error.ts';

/** What adjtimex(2) says, in its own units. */
export type Timex = {
  /** 2^-16 ppm by which it is made faster, ±500 ppm. */
  readonly freq: number;
  /** µs in a hundredth of a second: 9 000 to 11 000. */
  readonly tick: number;
  /** STA_ bits of linux/timex.h. */
  readonly status: number;
  /** µs. */
  readonly maxError: number;
  readonly estError: number;
  /** TAI − UTC in s; 0 where nobody has said. */
  readonly tai: number;
};

export type TimexChange = Omit<Timex, 'tai'> & {
  readonly tai?: number;
  /** ns by which it is set, ahead where positive. */
  readonly step?: number;
};

export type SystemClockReader = {
  /** @throws Error with `code` where the kernel refuses, as some containers have it do. */
  readonly read: () => Timex;
};
export type SystemClockWriter = {
  /** All of it in one call. @returns what the kernel has made of it. @throws Error with `code`: EPERM, EINVAL. */
  readonly write: (change: TimexChange) => Timex;
  /** Ends a slew that another program has begun by adjtime(3) or by the kernel's own loop, which no other write ends. */
  readonly endSlews: () => void;
};

/** struct timex of a 64-bit Linux: x64 and arm64 have the same. */
const SIZE = 208;
const AT = {
  modes: 0,
  offset: 8,
  freq: 16,
  maxError: 24,
  estError: 32,
  status: 40,
  constant: 48,
  seconds: 72,
  nanos: 80,
  tick: 88,
  tai: 160,
} as const;

const ADJ_OFFSET = 0x0001;
const ADJ_FREQUENCY = 0x0002;
const ADJ_MAXERROR = 0x0004;
const ADJ_ESTERROR = 0x0008;
const ADJ_STATUS = 0x0010;
const ADJ_TAI = 0x0080;
const ADJ_SETOFFSET = 0x0100;
const ADJ_NANO = 0x2000;
const ADJ_TICK = 0x4000;
const ADJ_OFFSET_SINGLESHOT = 0x8001;
const STA_PLL = 0x0001;
const STA_UNSYNC = 0x0040;

const SECOND = 1_000_000_000n;

/** A struct timex, all zero: its `modes` say that nothing is changed. */
const newTimex = (): DataView => new DataView(new ArrayBuffer(SIZE));

const putLong = (timex: DataView, at: number, value: number): void => timex.setBigInt64(at, BigInt(value), true);
const long = (timex: DataView, at: number): number => Number(timex.getBigInt64(at, true));

const timexOf = (timex: DataView): Timex => ({
  freq: long(timex, AT.freq),
  tick: long(timex, AT.tick),
  status: timex.getInt32(AT.status, true),
  maxError: long(timex, AT.maxError),
  estError: long(timex, AT.estError),
  tai: timex.getInt32(AT.tai, true),
});

/** @throws RangeError for a number that is not whole: the struct has no place for it. */
export const encodeChange = ({ freq, tick, status, maxError, estError, tai, step }: TimexChange): DataView => {
  const timex = newTimex();
  putLong(timex, AT.freq, freq);
  putLong(timex, AT.tick, tick);
  timex.setInt32(AT.status, status, true);
  putLong(timex, AT.maxError, maxError);
  putLong(timex, AT.estError, estError);
  let modes = ADJ_FREQUENCY | ADJ_TICK | ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR;
  if (tai !== undefined) {
    modes |= ADJ_TAI;
    putLong(timex, AT.constant, tai);
  }
  if (step !== undefined) {
    modes |= ADJ_SETOFFSET | ADJ_NANO;
    const nanos = ((BigInt(step) % SECOND) + SECOND) % SECOND; // −0.3 s is −1 s and 0.7 s
    timex.setBigInt64(AT.seconds, (BigInt(step) - nanos) / SECOND, true);
    timex.setBigInt64(AT.nanos, nanos, true);
  }
  timex.setUint32(AT.modes, modes, true);
  return timex;
};

type Call = (timex: DataView) => void;

/** Undefined where there is no such call: another system, C library or processor. */
const openCall = (): Call | undefined => {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return undefined;
  try {
    const adjust = koffi.load('libc.so.6').func('int clock_adjtime(int clock, void *timex)');
    return (timex) => {
      const bytes = new Uint8Array(timex.buffer);
      if (adjust(CLOCK_REALTIME, bytes) < 0) throw systemError('clock_adjtime');
    };
  } catch {
    return undefined;
  }
};

/** Changes nothing: what it passes is zero all over. */
export const openSystemClockReader = (): SystemClockReader | undefined => {
  const call = openCall();
  return (
    call && {
      read: () => {
        const timex = newTimex();
        call(timex);
        return timexOf(timex);
      },
    }
  );
};

/** For main/run.ts alone, where the operator asked for it (test/system-clock-guard.test.ts). */
export const openSystemClockWriter = (): SystemClockWriter | undefined => {
  const call = openCall();
  const set = (modes: number, status: number): void => {
    const timex = newTimex();
    timex.setUint32(AT.modes, modes, true);
    timex.setInt32(AT.status, status, true);
    call?.(timex);
  };
  return (
    call && {
      write: (change) => {
        const timex = encodeChange(change);
        call(timex);
        return timexOf(timex);
      },
      endSlews: () => {
        set(ADJ_OFFSET_SINGLESHOT, 0);
        set(ADJ_OFFSET | ADJ_STATUS, STA_PLL | STA_UNSYNC); // an offset counts only while the loop is on
        set(ADJ_STATUS, STA_UNSYNC);
      },
    }
  );
};
