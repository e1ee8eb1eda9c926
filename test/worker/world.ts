/**
 * An edge in miniature: true time, isolates and an object each with a clock of its own, gateways that post, and a
 * network that takes its time. What decides is the real code; what is made up here is the world around it.
 */

import type { Interval } from '#contract/interval.ts';
import type { Verified } from '#contract/jws.ts';
import type { PulledTime } from '#contract/pulled-time.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { type UnixNanos, unixMillis } from '#contract/time.ts';
import type { ReadingBound, TimeSample } from '#contract/time-sample.ts';
import type { RequestScope } from '../../worker/asking.ts';
import { readSettings, type Settings } from '../../worker/env.ts';
import { createIsolate, type Isolate } from '../../worker/isolate.ts';
import type { Keeper, Receipt } from '../../worker/keeper.ts';
import type { AskGateway, PullFailure } from '../../worker/pull.ts';
import { createCopy } from '../../worker/regional-copy.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { createMemoryCache } from '../support/memory-cache.ts';
import { createMemoryObject } from '../support/memory-object.ts';
import type { ClockError } from '../support/wandering-clock.ts';

export const ORIGIN = 'https://edge.test';
/** True time as a world begins, in Unix ms. */
const BEGINNING = 1_795_000_000_000;

export type Delays = { readonly up: number; readonly toObject: number; readonly back: number; readonly down: number };

export const createWorld = (variables: Readonly<Record<string, unknown>>) => {
  const gatewayKeys = distinctKeys(['gw-1', 'gw-2', 'gw-3']);
  const settings: Settings = readSettings({ GATEWAY_KEYS: gatewayKeys, QUORUM: 1, ...variables });
  let passed = 0;
  /** What gateways answer to an isolate's own question, by name. It takes its time. */
  const answers = new Map<string, () => Result<Verified<PulledTime>, PullFailure>>();
  const read = (error: ClockError, lateMs = 0): number => BEGINNING + Math.floor(passed - lateMs + error(passed));
  return {
    settings,
    read,
    answers,
    now: (): UnixNanos => at(passed),
    passedMs: (): number => passed,
    pass: (ms: number): void => {
      passed += ms;
    },
  };
};
export type World = ReturnType<typeof createWorld>;

/** `ms` of true time after the beginning, as a point. */
export const at = (ms: number): UnixNanos =>
  (unixMillis(BEGINNING + Math.floor(ms)) + BigInt(Math.round((ms % 1) * 1e6))) as UnixNanos;

/**
 * One Durable Object, whose lives each have a clock, and a location whose isolates ask it. A reading may be late by as
 * much as the settings allow.
 */
export const createObject = (world: World) => {
  let error: ClockError = () => 0;
  let delays: Delays = { up: 0, toObject: 0, back: 0, down: 0 };
  let late = 0;
  let gate: Promise<void> = Promise.resolve();
  let isUp = true;
  const { settings } = world;
  const object = createMemoryObject(settings, () => world.read(error, (late * settings.rules.objectLag) / 1e6));
  const { kept } = object;
  const keeper: Keeper = {
    keep: async (jws, sample, _offered, post): Promise<Receipt> => {
      world.pass(delays.toObject);
      const receipt = await object.receive(jws, sample, post);
      world.pass(delays.back);
      return receipt;
    },
    knowledge: async () => {
      await gate;
      world.pass(delays.toObject);
      if (!isUp) throw new Error('reset');
      const told = object.tell();
      world.pass(delays.back);
      return told;
    },
    succeed: async () => Promise.reject(new Error('no gateway changes its key here')),
    log: async () => [],
  };
  const { cache, written, fallBehind } = createMemoryCache();
  let calls: Promise<unknown>[] = [];
  const scope: RequestScope = {
    keeper: () => keeper,
    cache: () => cache,
    background: (call) => void calls.push(call),
  };
  return {
    keeper,
    scope,
    written,
    fallBehind,
    /** When all that requests have left behind is done. */
    settle: async (): Promise<void> => {
      while (calls.length > 0) {
        const left = calls;
        calls = [];
        await Promise.all(left);
      }
    },
    kept,
    /** @param lateness - of the allowed lag, 0 to 1. */
    setDelays: (next: Delays, lateness: number): void => {
      delays = next;
      late = lateness;
    },
    /** Whether it tells what it knows. */
    setUp: (next: boolean): void => {
      isUp = next;
    },
    /** Holds calls for knowledge back until the gate opens. */
    setGate: (next: Promise<void>): void => {
      gate = next;
    },
    restart: (next: ClockError): void => {
      error = next;
      object.restart();
    },
  };
};
export type FakeObject = ReturnType<typeof createObject>;

/**
 * The copy of a region: as far from the object as an isolate is, and with lives, clocks and lateness of its own.
 *
 * @param name - nobody else's: no two clocks may ever be called alike.
 */
export const createRegion = (world: World, object: FakeObject, name: string) => {
  let copy: Keeper['knowledge'];
  let lives = 0;
  let delays: Pick<Delays, 'up' | 'down'> = { up: 0, down: 0 };
  let late = 0;
  let gate: Promise<void> = Promise.resolve();
  const restart = (error: ClockError): void => {
    const read = () => world.read(error, (late * world.settings.rules.objectLag) / 1e6);
    copy = createCopy(
      () => `${name}-${++lives}`,
      world.settings,
      read,
      () => object.keeper.knowledge(),
    );
  };
  restart(() => 0);
  const keeper: Keeper = {
    ...object.keeper,
    knowledge: async () => {
      await gate;
      world.pass(delays.up);
      const told = await copy();
      world.pass(delays.down);
      return told;
    },
  };
  return {
    keeper,
    scope: { ...object.scope, keeper: () => keeper },
    settle: object.settle,
    restart,
    setDelays: (next: Delays, lateness: number): void => {
      delays = next;
      late = lateness;
    },
    setGate: (next: Promise<void>): void => {
      gate = next;
    },
  };
};

/** Whoever has an answer without it has given that by the time that the question leaves. */
const askGatewayIn =
  (world: World): AskGateway =>
  async (gateway) => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    return world.answers.get(gateway)?.() ?? refuse('unreachable');
  };

export const startIsolate = (world: World, name: string, error: ClockError): Isolate =>
  createIsolate(name, world.settings, () => world.read(error), askGatewayIn(world));

/** Asks an isolate as a request would, and holds its answer against true time as its clock was read for it. */
export const askTime = async (
  world: World,
  object: Pick<FakeObject, 'scope' | 'setGate' | 'settle'>,
  isolate: Isolate,
  detailed = false,
) => {
  let open = (): void => {};
  object.setGate(
    new Promise((resolve) => {
      open = resolve;
    }),
  );
  const before = world.now();
  const asked = isolate.time(object.scope, detailed);
  const waited = Symbol();
  // An answer from memory is there before the object has said anything.
  const fromMemory = await Promise.race([asked, new Promise((resolve) => setTimeout(() => resolve(waited), 0))]);
  const truth = fromMemory === waited ? undefined : before;
  open();
  const answer = await asked;
  const later = world.now();
  await object.settle();
  return { answer, truth: truth ?? later };
};

/** @param early, late - how far the word reaches to either side of what the gateway believes, in ms. */
type Pull = Pick<Delays, 'up' | 'down'> & { readonly early: number; readonly late: number; readonly lieMs?: number };

/** A gateway: its word is true, and as wide as it says. @param canBeAsked - by isolates themselves. */
export const createGateway = (world: World, object: FakeObject, name: string, canBeAsked = false) => {
  let epoch = 1;
  let sequence = 0;
  let readings: ReadingBound[] = [];
  let previousSha256: string | null = null;
  const posted: { jws: string; sample: Verified<TimeSample> }[] = [];

  /** @param early, late - how far its interval reaches to either side of what it believes, in ms. */
  const sign = (early: number, late: number, lieMs: number): { jws: string; sample: Verified<TimeSample> } => {
    const said = around(world.passedMs() + lieMs, early, late);
    const sample: TimeSample = {
      version: 1,
      gateway: name,
      aud: ORIGIN,
      epoch,
      sequence,
      synchronized: true,
      estimateUnixNs: at(world.passedMs() + lieMs),
      earliestUnixNs: said.earliest,
      latestUnixNs: said.latest,
      standardDeviationNs: 0,
      rootDelayNs: 0,
      rootDispersionNs: 0,
      stratum: 2,
      referenceId: '00000000',
      leap: 'none',
      taiOffsetSeconds: 37,
      sourcesSelected: 3,
      sourcesTotal: 3,
      lineage: [name],
      validFromUnixNs: said.earliest,
      validUntilUnixNs: at(world.passedMs() + lieMs + 300_000),
      previousSha256,
      readings,
      ...(canBeAsked && { pullUrl: `https://${name}.test` }),
    };
    return { jws: `${name} ${epoch} ${sequence}`, sample: sample as Verified<TimeSample> };
  };

  const tell = ({ early, late, lieMs = 0 }: Pull): PulledTime => {
    const said = around(world.passedMs() + lieMs, early, late);
    return {
      version: 1,
      gateway: name,
      aud: ORIGIN,
      nonce: 'n'.repeat(16),
      epoch,
      synchronized: true,
      estimateUnixNs: at(world.passedMs() + lieMs),
      earliestUnixNs: said.earliest,
      latestUnixNs: said.latest,
      leap: 'none',
      lineage: [name],
    };
  };

  return {
    posted,
    /** How it answers isolates from now on: undefined for not at all. */
    setPull: (pull: Pull | undefined): void => {
      world.answers.set(name, () => {
        if (!pull) return refuse('unreachable');
        world.pass(pull.up);
        const told = tell(pull);
        world.pass(pull.down);
        return ok(told as Verified<PulledTime>);
      });
    },
    restart: (): void => {
      epoch++;
      sequence = 0;
      readings = [];
      previousSha256 = null;
    },
    /** One publish: sample out, reading back, bound kept for the next. `loses` drops the answer on the way. */
    post: async (isolate: Isolate, delays: Delays, { early = 1, late = 1, loses = false, lieMs = 0 } = {}) => {
      const { jws, sample } = sign(early, late, lieMs);
      posted.push({ jws, sample });
      const sent = world.passedMs() + lieMs;
      world.pass(delays.up);
      const from = { origin: ORIGIN, location: 'local', gatewayKey: undefined };
      const receipt = await isolate.keep(object.scope, jws, sample, [], from);
      await object.settle();
      world.pass(delays.down);
      const received = world.passedMs() + lieMs;
      sequence++;
      previousSha256 = jws;
      const reading = receipt?.reading;
      const bound = {
        earliestUnixNs: at(sent - early),
        estimateUnixNs: at((sent + received) / 2),
        latestUnixNs: at(received + late),
      };
      readings = reading?.ok && !loses ? [{ ...reading.value, ...bound }] : [];
      return reading;
    },
  };
};
export type FakeGateway = ReturnType<typeof createGateway>;

const around = (ms: number, early: number, late: number): Interval => ({
  earliest: at(ms - early),
  latest: at(ms + late),
});
