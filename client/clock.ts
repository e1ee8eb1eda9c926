/**
 * A clock of this device that knows true time and how well: it asks an edge, and again when that is due. The world that it
 * lives in is handed in; connect.ts takes it from the browser.
 */
import type { GatewayKeys } from '#contract/gateway-keys.ts';
import { ok, type Result } from '#contract/result.ts';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { attempt } from './attempt.ts';
import type { Device, Look, Reading, Skew } from './estimate.ts';
import type { Exchange, Exchanged, ExchangeRefusal } from './exchange.ts';
import { openKnowledge } from './knowledge.ts';
import { waitUntil } from './wait-until.ts';

export type World = Device & {
  readonly look: () => Look;
  readonly exchange: Exchange;
  /** The pinned key, where one is: asked for until it is there, and again where nothing fits it any more. */
  readonly keys?: (signal: AbortSignal) => Promise<Result<GatewayKeys, ExchangeRefusal>>;
  /** Unix ms that have certainly passed, as this device keeps them. */
  readonly floor: { readonly load: () => number; readonly save: (unixMs: number) => void };
  /** Calls `fire` once, after `ms` or later. @returns a function that forgets it. */
  readonly timer: (ms: number, fire: () => void) => () => void;
  /** Makes the signal that ends an exchange which lasts too long. */
  readonly patience: () => AbortSignal;
  /** Called when the clock is closed. */
  readonly end: () => void;
};

/** What has come to pass. `contradiction`: no time fits all answers; what is certain spans them, until more tell. */
export type Change =
  | { readonly kind: 'exchanged'; readonly exchanged: Exchanged }
  | { readonly kind: 'refused'; readonly reason: ExchangeRefusal | 'contradiction'; readonly detail?: string }
  | { readonly kind: 'jumped' };

export type Clock = {
  /** Before the first answer, and from a jump, or once the pinned key was given up, to the next, `latest` is Infinity: nothing bounds it. */
  readonly now: () => Reading;
  /** Whether it certainly is before, or after, that moment of true time, in Unix ms. */
  readonly before: (unixMs: number) => boolean;
  readonly after: (unixMs: number) => boolean;
  /** Resolves once it certainly is after that moment; rejects with the signal's reason, and when the clock is closed. */
  readonly waitUntil: (unixMs: number, signal?: AbortSignal) => Promise<void>;
  /** Undefined while true time is not known. */
  readonly skew: Skew | undefined;
  /**
   * The best guess in Unix ms, but never running back from the first answer on: where it was too far, it goes at half speed until
   * it is right.
   */
  readonly monotonic: () => number;
  /** Whether what it knows comes from sources of time; where not, `before` and `after` are false. */
  readonly isSynchronized: boolean;
  /** The newest answer in whole, where a pinned gateway vouches for it. */
  readonly verified: TimeAnswer | undefined;
  /** Asks again, at once and some times in a row. */
  readonly refresh: () => void;
  /** @returns a function that ends it. */
  readonly onChange: (heard: (change: Change) => void) => () => void;
  readonly close: () => void;
};

/**
 * Exchanges in a row: the first of them opens the connection, or wakes a radio, and is worth little. Where they cost the edge
 * little there are more at the start, and four each time after that.
 */
export const BURST = 4;
const LIGHT_BURST = 16;
const BURST_PAUSE_MS = 50;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 64_000;
/** Whom an edge refuses so, it refuses for a minute. */
const PENALTY_MS = 61_000;
/** How often both clocks are looked at, lest a sleep go unnoticed. */
const LOOK_MS = 1_000;

export const openClock = (world: World): Clock => {
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change): void => {
    for (const heard of listeners) {
      try {
        heard(change);
      } catch (error) {
        void Promise.reject(error); // is reported as what nobody catches, and the clock goes on
      }
    }
  };
  let newest: Exchanged | undefined;
  let keys: GatewayKeys | undefined;
  const kept = world.floor.load();
  let floor = Number.isFinite(kept) ? kept : 0; // what keeps it may be anybody's
  let [inARow, pauseMs] = [0, FIRST_PAUSE_MS];
  let isAsking = false;
  const closing = new AbortController();
  let cancelAsk = (): void => {};
  let cancelLook = (): void => {};

  const refresh = (): void => {
    [inARow, pauseMs] = [0, FIRST_PAUSE_MS];
    if (isAsking || closing.signal.aborted) return;
    cancelAsk();
    cancelAsk = world.timer(0, ask);
  };

  const known = openKnowledge(world, world.look, () => {
    refresh();
    tell({ kind: 'jumped' });
  });

  const take = (exchanged: Exchanged, isVerified: boolean): void => {
    newest = exchanged;
    const agrees = known.learn(exchanged);
    if (!agrees) {
      [inARow, pauseMs] = [0, FIRST_PAUSE_MS]; // a liar, or a clock that is slewed or stood still: more answers will tell
      tell({ kind: 'refused', reason: 'contradiction' });
    }
    // One that others contradict moves no floor: a lie would shut out the truth until it has come.
    if (isVerified && agrees && exchanged.told.earliest > floor) {
      floor = exchanged.told.earliest;
      attempt(() => world.floor.save(floor));
    }
    tell({ kind: 'exchanged', exchanged });
  };

  /** @returns how long to wait before the next. */
  const askOnce = async (): Promise<number> => {
    const jumps = known.look();
    const signal = world.patience();
    const found = keys ? ok(keys) : await world.keys?.(signal);
    if (found?.ok) keys = found.value;
    const exchanged = found?.ok === false ? found : await world.exchange({ floor, ...(keys && { keys }) }, signal);
    const isRefused = !exchanged.ok && exchanged.reason === 'too-many-requests';
    const isSpoilt = known.look() !== jumps; // nobody knows how long the answer took
    if (closing.signal.aborted || (isSpoilt && !isRefused)) return BURST_PAUSE_MS;
    if (exchanged.ok) {
      const { value } = exchanged;
      take(value, keys !== undefined);
      if (++inARow < (value.isLight ? LIGHT_BURST : BURST)) return BURST_PAUSE_MS;
      inARow -= value.isLight ? BURST : 1;
    } else {
      // Its gateway may have another name by now, or have given that key up; which may also be why there is no time.
      if (exchanged.reason === 'unknown-key' || exchanged.reason === 'no-time') keys = undefined;
      // Somebody else may have had it for long.
      if (exchanged.reason === 'revoked') {
        known.forget();
        newest = undefined;
      }
      tell({ kind: 'refused', ...exchanged });
    }
    const due = pauseMs;
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    return isRefused ? PENALTY_MS : due;
  };

  const ask = async (): Promise<void> => {
    isAsking = true;
    const due = await askOnce();
    isAsking = due === PENALTY_MS; // whatever happens meanwhile
    if (!closing.signal.aborted) cancelAsk = world.timer(due, ask);
  };

  const watch = (): void => {
    known.look();
    cancelLook = world.timer(LOOK_MS, watch);
  };

  const now = (): Reading => {
    const reading = known.reading();
    if (reading) return reading;
    return { earliest: floor, time: Math.max(world.look().wall, floor), latest: Number.POSITIVE_INFINITY };
  };
  const isCertain = (): boolean => newest?.told.isSynchronized === true;
  const after = (unixMs: number): boolean => isCertain() && now().earliest > unixMs;

  watch();
  refresh();
  return {
    now,
    before: (unixMs) => isCertain() && now().latest < unixMs,
    after,
    waitUntil: (unixMs, signal) =>
      waitUntil(unixMs, signal ? AbortSignal.any([signal, closing.signal]) : closing.signal, {
        after,
        now,
        timer: world.timer,
      }),
    monotonic: () => known.monotonic() ?? now().time,
    get skew() {
      return known.skew();
    },
    get isSynchronized() {
      return isCertain();
    },
    get verified() {
      return newest?.told.verified;
    },
    refresh,
    onChange: (heard) => {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
    close: () => {
      closing.abort(new Error('the clock was closed'));
      cancelAsk();
      cancelLook();
      world.end();
    },
  };
};
