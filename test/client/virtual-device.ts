/** A device and an edge in virtual time: its clocks drift, are blurred, stand still in sleeps and get set; the network dawdles. */
import { ok, type Result, refuse } from '#contract/result.ts';
import type { World } from '../../client/clock.ts';
import type { Reading } from '../../client/estimate.ts';
import type { Exchanged, ExchangeRefusal } from '../../client/exchange.ts';
import type { Told } from '../../client/told.ts';
import type { Dice } from '../support/dice.ts';

/** With the truth anywhere in an interval of so many ms, and the guess in its middle. */
export const anywhereIn =
  (width: number) =>
  (now: number, luck: number): Reading => {
    const earliest = now - width * luck;
    return { earliest, time: earliest + width / 2, latest: earliest + width };
  };

/** Of one way, in ms: at least so much, and so much more at the most; or as it is drawn. */
export type Delay = readonly [least: number, more: number] | ((dice: Dice) => number);

export type Faults = {
  /** By how much the monotonic clock runs fast, as a ratio. */
  readonly drift: number;
  readonly blur: number;
  /** True time − the wall clock, at the start. ms */
  readonly slow: number;
  /** As over a WebSocket. */
  readonly isLight?: boolean;
  readonly there: Delay;
  readonly back: Delay;
  /** What an edge says of an instant; `luck` is of 0 … 1. */
  readonly tell: (now: number, luck: number) => Reading & Partial<Pick<Told, 'leap' | 'isSynchronized'>>;
  readonly start?: number;
  /** The host counts its sleeps. */
  readonly tellsSleep?: boolean;
};

const START = Date.UTC(2026, 10, 30);

export const virtualDevice = (
  dice: Dice,
  { drift, blur, slow, there, back, tell, isLight = false, start = START, tellsSleep = false }: Faults,
) => {
  const random = dice.fraction;
  let now = start;
  /** True time less what the monotonic clock has counted; grows in sleeps. */
  let asleep = 0;
  let uncounted = 0;
  /** By how much both clocks have been slewed until then, and are since. */
  let slew = { by: 0, at: start, rate: 0 };
  let set = -slow;
  let failure: ExchangeRefusal | undefined;
  let asked = 0;
  let timers: { readonly at: number; readonly fire: () => void }[] = [];

  const quantize = (value: number, step: number): number => Math.floor(value / step) * step;
  const slewed = (): number => slew.by + (now - slew.at) * slew.rate;
  const mono = (): number => quantize((now - start - asleep) * (1 + drift) + slewed(), blur);
  const wall = (): number => quantize(now + set + slewed(), Math.max(1, blur));
  const after = (ms: number, fire: () => void) => {
    const timer = { at: now + ms, fire };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const pass = (ms: number): Promise<void> => new Promise((resolve) => void after(ms, resolve));
  const drawn = (delay: Delay): number =>
    typeof delay === 'function' ? delay(dice) : delay[0] + delay[1] * random() ** 4;

  const world: World = {
    blur,
    step: Math.max(1, blur),
    look: () => ({ from: mono(), wall: wall(), to: mono(), ...(tellsSleep && { slept: asleep - uncounted }) }),
    exchange: async (): Promise<Result<Exchanged, ExchangeRefusal>> => {
      asked++;
      const sent = mono();
      await pass(drawn(there));
      const told = { leap: 'none' as const, isSynchronized: true, ...tell(now, random()) };
      await pass(drawn(back));
      return failure ? refuse(failure) : ok({ sent, received: mono(), told, isLight });
    },
    floor: { load: () => 0, save: () => {} },
    timer: after,
    patience: () => new AbortController().signal,
    end: () => {},
  };

  /** Lets time go on, until that much has passed; timers by a clock that stands still while the host sleeps. */
  const run = async (ms: number, each: () => void = () => {}): Promise<void> => {
    const until = now + ms;
    for (;;) {
      await settle();
      const next = timers.reduce<(typeof timers)[number] | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
      if (!next || next.at > until) break;
      timers = timers.filter((timer) => timer !== next);
      now = Math.max(now, next.at);
      next.fire();
      await settle();
      each();
    }
    now = until;
    each();
  };

  return {
    world,
    run,
    now: () => now,
    wall,
    asked: () => asked,
    /** That wait. */
    timers: () => timers.length,
    /** What runs meanwhile, runs afterwards. */
    sleep: (ms: number): void => {
      now += ms;
      asleep += ms;
    },
    /** A page in the background: nothing of it runs meanwhile. */
    freeze: (ms: number): void => {
      now += ms;
    },
    /** The host of a virtual machine stops it: no clock of it shows that. */
    pause: (ms: number): void => {
      now += ms;
      asleep += ms;
      uncounted += ms;
      set -= ms;
    },
    /** As chronyd does on Linux: both clocks alike, so that neither tells of it. @param rate - from now on. */
    slew: (rate: number): void => {
      slew = { by: slewed(), at: now, rate };
    },
    setWall: (by: number): void => {
      set += by;
    },
    fail: (word: ExchangeRefusal | undefined): void => {
      failure = word;
    },
  };
};

/** Promises that are due, some deep. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await undefined;
};
