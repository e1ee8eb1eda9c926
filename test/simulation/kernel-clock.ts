/**
 * A kernel's system clock in virtual time: it runs on the host's oscillator, at the rate that was written, inserts and deletes
 * seconds at the end of its own day, lets its errors grow. After kernel/time/ntp.c and timekeeping.c.
 */
import { ok } from '#contract/result.ts';
import { after, between, type MonoNanos, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import type { Written } from '../../ntp-gateway/discipline/clock-owner.ts';
import {
  type KernelChange,
  type KernelClock,
  LIMIT,
  rateOf,
  STA_DEL,
  STA_INS,
  STA_UNSYNC,
} from '../../ntp-gateway/discipline/kernel-clock.ts';
import type { KernelRead } from '../../ntp-gateway/discipline/system-clock.ts';
import type { SystemClockPort } from '../../ntp-gateway/ports.ts';

const DAY = 86_400_000_000_000n;
const SECOND = 1_000_000_000n;
const FREQ_REACH = 500 * 65_536;
/** The kernel's own word, past those that are written: since a step in ns it counts `time` in ns. */
const STA_NANO = 0x2000;
const OWN = 0xff00;

export type KernelClockModel = ReturnType<typeof makeKernelClock>;

/** @param slept - what it adds on waking: it has a clock that goes on. */
export const makeKernelClock = (mono: () => MonoNanos, slept: () => Nanos, wallAtStart: UnixNanos) => {
  let at = mono();
  let sleptBefore = slept();
  let wall = wallAtStart;
  let rest = 0;
  let timex: KernelClock = { freq: 0, tick: 10_000, status: STA_UNSYNC, maxError: LIMIT, estError: LIMIT, tai: 0 };
  /** As in second_overflow(): INS and DEL once a second has begun with the flag, WAIT until it is taken away. */
  let leap: 'ok' | 'ins' | 'del' | 'oop' | 'wait' = 'ok';
  /** By its own day. Whoever sets the clock takes it away, and it is not looked for again before the flag was gone. */
  let leapsAt: bigint | undefined;
  let kept: Written | undefined;
  const steps: Nanos[] = [];
  const rates: number[] = [];
  let answer: (made: KernelClock) => KernelRead = ok;
  let takeOvers = 0;
  let freqReach = FREQ_REACH;

  const clear = (): void => {
    timex = { ...timex, status: timex.status | STA_UNSYNC, maxError: LIMIT, estError: LIMIT };
    leapsAt = undefined;
  };

  const isTold = (bit: number): boolean => (timex.status & bit) !== 0;

  /** @returns by how much a second that has just begun leaps. */
  const leapNow = (): bigint => {
    if (leap === 'ok' && isTold(STA_INS | STA_DEL)) {
      leap = isTold(STA_INS) ? 'ins' : 'del';
      const begun = leap === 'ins' ? wall : wall + SECOND;
      leapsAt = begun - (begun % DAY) + DAY - (leap === 'ins' ? 0n : SECOND);
      return 0n;
    }
    if (leap === 'oop') leap = 'wait';
    else if (leap === 'wait' && !isTold(STA_INS | STA_DEL)) leap = 'ok';
    else if ((leap === 'ins' && !isTold(STA_INS)) || (leap === 'del' && !isTold(STA_DEL))) leap = 'ok';
    else if ((leap === 'ins' || leap === 'del') && wall === leapsAt) {
      const by = leap === 'ins' ? -1n : 1n;
      leap = leap === 'ins' ? 'oop' : 'wait';
      leapsAt = undefined;
      return by;
    }
    return 0n;
  };

  const secondPassed = (): void => {
    const maxError = timex.maxError + 500;
    if (maxError > LIMIT) timex = { ...timex, maxError: LIMIT, status: timex.status | STA_UNSYNC };
    else timex = { ...timex, maxError };
    const by = leapNow();
    wall = (wall + by * SECOND) as UnixNanos;
    timex = { ...timex, tai: timex.tai - Number(by) };
  };

  /** From one of its seconds to the next, and what it does there. */
  const run = (): void => {
    const now = mono();
    const exact = between(at, now) * (1 + rateOf(timex)) + rest;
    at = now;
    let whole = BigInt(Math.floor(exact));
    rest = exact - Number(whole);
    while (whole > 0n) {
      const toNext = SECOND - (wall % SECOND);
      const step = whole < toNext ? whole : toNext;
      wall = (wall + step) as UnixNanos;
      whole -= step;
      if (step === toNext) secondPassed();
    }
    if (slept() > sleptBefore) {
      wall = after(wall, nanos(slept() - sleptBefore));
      sleptBefore = slept();
    }
  };

  /** By whomever. */
  const put = ({ step, tai, ...change }: Partial<KernelChange>): KernelClock => {
    run();
    if (step !== undefined) {
      wall = after(wall, step);
      clear();
    }
    const freq = Math.max(-freqReach, Math.min(freqReach, change.freq ?? timex.freq));
    const own = (timex.status & OWN) | (step === undefined ? 0 : STA_NANO);
    const status = own | ((change.status ?? timex.status) & ~OWN);
    timex = { ...timex, ...change, status, freq, ...(tai !== undefined && { tai }) };
    return timex;
  };

  const port = (): SystemClockPort => ({
    read: () => {
      run();
      return answer(timex);
    },
    write: (change, takesOver) => {
      const told = answer(timex);
      if (!told.ok) return told;
      if (change.tick < 9_000 || change.tick > 11_000) throw new RangeError('EINVAL');
      for (const value of Object.values(change)) if (!Number.isInteger(value)) throw new RangeError(`${value}`);
      if (takesOver) takeOvers++;
      if (change.step !== undefined) steps.push(change.step);
      const made = put(change);
      rates.push(rateOf(made));
      return answer(made);
    },
    keep: (written) => {
      kept = written;
    },
    ...(kept && { written: kept }),
  });

  return {
    wall: (): UnixNanos => {
      run();
      return wall;
    },
    read: (): KernelClock => {
      run();
      return timex;
    },
    put,
    open: () => ok(port()),
    /** What a kernel answers that is not as it should be. */
    answerBy: (by: (made: KernelClock) => KernelRead): void => {
      answer = by;
    },
    /** One that takes no more of a frequency than this. */
    limitFreq: (most = FREQ_REACH): void => {
      freqReach = most;
    },
    kept: () => kept,
    steps,
    /** Each rate that was written by us. */
    rates,
    takeOvers: () => takeOvers,
  };
};
