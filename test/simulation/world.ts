/**
 * A virtual network and virtual clocks around the real gateway: its ports, in virtual time, with seeded dice. True time
 * is known here, so whether an interval holds it is a matter of looking.
 */

import { crc32 } from 'node:zlib';
import { refuse } from '#contract/result.ts';
import { after, type Nanos, nanos, seconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import type { Config, SourceConfig } from '../../ntp-gateway/config.ts';
import { type CoreConfig, clockOf } from '../../ntp-gateway/core/state.ts';
import { isUsable, readClock } from '../../ntp-gateway/discipline/clock.ts';
import type { KeptOscillator, Remembered } from '../../ntp-gateway/discipline/remembered.ts';
import { type Gateway, startGateway } from '../../ntp-gateway/gateway.ts';
import type { Ports } from '../../ntp-gateway/ports.ts';
import type { CheckOutcome } from '../../ntp-gateway/protocol/edge-answer.ts';
import type { Measurement } from '../../ntp-gateway/protocol/reply.ts';
import type { ClockReading } from '../../ntp-gateway/protocol/server-state.ts';
import type { Answer } from '../../ntp-gateway/publish/answer.ts';
import type { Violation } from '../../ntp-gateway/publish/edge-check.ts';
import type { Recorder } from '../../ntp-gateway/record/recorder.ts';
import { randomFrom } from '../support/dice.ts';
import { NO_SERVER } from '../support/server-config.ts';
import { makeHost } from './host.ts';
import { writeDelegation } from './keys-of-edge.ts';
import { makeLan } from './lan.ts';
import { makeNetwork } from './network.ts';
import { makeOscillator, type OscillatorOptions } from './oscillator.ts';
import type { SimulatedServer } from './server.ts';
import { makeTimeline, type Timeline } from './timeline.ts';

/** What the simulated edge does with a posted sample. */
export type SimulatedEdge = (sample: TimeSample, sha256: string, world: World) => Promise<Answer>;

type WorldOptions = {
  readonly seed: number;
  /** By address. */
  readonly servers: Readonly<Record<string, SimulatedServer>>;
  /** Keys of the configuration that differ, of every source and of single ones, by address. */
  readonly every?: Partial<SourceConfig>;
  readonly sources?: Readonly<Record<string, Partial<SourceConfig>>>;
  readonly config?: Partial<CoreConfig>;
  readonly oscillator?: OscillatorOptions;
  /** Wall clock, less true time. */
  readonly wallOffset?: Nanos;
  readonly edge?: SimulatedEdge;
  /** And what it says to one who asks it the time. */
  readonly checkEdge?: (nonce: string, world: World) => Promise<CheckOutcome>;
  /** Names that stand for other servers' addresses, at any time or as DNS has it at the moment. */
  readonly names?: Readonly<Record<string, string | ((now: UnixNanos) => readonly string[])>>;
  /** By name: what its driver has written since it was last asked. */
  readonly referenceClocks?: Readonly<Record<string, (now: UnixNanos, wall: UnixNanos) => readonly Uint8Array[]>>;
  /** False: a kernel that does not say how long it slept. */
  readonly countsSleep?: boolean;
  readonly leapFile?: (heard: Parameters<Ports['followLeapFile']>[1]) => () => void;
  /** What stands between the gateway and its ports. */
  readonly around?: (ports: Ports) => Ports;
  /** When it all begins, Unix ns. */
  readonly start?: bigint;
  /** One that other hosts live in too; its now is then the start. */
  readonly timeline?: Timeline;
  readonly recorder?: Recorder;
};

export const START = unixNanos(1_795_336_200_000_000_000n);

const NOTHING: Config = {
  id: 'gw-sim',
  stateDir: '',
  maxDrift: 5e-4,
  minSources: 1,
  sources: [],
  server: NO_SERVER,
  publish: [],
};

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** By which clients of the server at `address` name it, RFC 5905 §7.3. */
export const referenceIdOf = (address: string): number => crc32(address);

export const makeWorld = async (options: WorldOptions) => {
  const { seed, servers, oscillator = { frequency: 2e-5, wander: 1e-9 } } = options;
  const timeline = options.timeline ?? makeTimeline(unixNanos(options.start ?? START));
  const { now, at, stir } = timeline;
  const dice = randomFrom(seed);
  const logged: string[] = [];
  const epochs: number[] = [];
  const kept: KeptOscillator[] = [];
  const samples: TimeSample[] = [];
  const violations: Violation[] = [];
  const listeners: ((source: string, measurement: Measurement) => void)[] = [];
  const host = makeHost(
    timeline,
    makeOscillator(oscillator, randomFrom(seed, 'oscillator')),
    options.wallOffset ?? nanos(0),
  );
  const lan = makeLan(host.mono);

  const recorder: Recorder = {
    began: (...all) => options.recorder?.began(...all),
    stepped: (event, core, actions) => {
      options.recorder?.stepped(event, core, actions);
      for (const action of actions) {
        if (action.kind !== 'source' || action.action.kind !== 'measured') continue;
        for (const listener of listeners) listener(action.id, action.action.measurement);
      }
    },
    ended: () => options.recorder?.ended(),
  };

  const { around = (same: Ports) => same } = options;
  const ports = around({
    mono: host.mono,
    wall: host.wall,
    ...(options.countsSleep !== false && { slept: host.slept }),
    followLeapFile: (_path, heard) => options.leapFile?.(heard) ?? (() => {}),
    follow: async ({ server }) => lan.follow(server),
    random: { bits: dice.bits, fraction: dice.fraction },
    timer: host.timer,
    ask: makeNetwork(timeline, host, servers, seed),
    resolve: async (name) => {
      stir();
      const named = options.names?.[name] ?? name;
      const addresses = typeof named === 'string' ? [named].filter((one) => one in servers) : named(now());
      return addresses.map((address) => ({ address, referenceId: referenceIdOf(address) }));
    },
    exchangeKeys: async () => refuse('unreachable'),
    askEdge: async () => refuse('unreachable'),
    checkEdge: async (_origin, nonce) => (options.checkEdge ? options.checkEdge(nonce, world) : refuse('unreachable')),
    keepViolation: (violation) => void violations.push(violation),
    raiseFloor: () => {},
    keepKeys: () => {},
    serve: lan.serve,
    sign: async (sample, delegations) => {
      stir();
      const words = delegations.length > 0 ? { delegations: delegations.map(writeDelegation) } : {};
      const sha256 = `${samples.push({ ...sample, ...words })}`.padStart(43, 'h');
      return { jws: sha256, sha256 }; // all that the simulated edge needs to find it by
    },
    post: async (_origin, jws, departing) => {
      stir();
      departing();
      if (!options.edge) throw new Error('no edge here');
      return options.edge(samples[Number(jws.replace(/^h+/, '')) - 1]!, jws, world);
    },
    openReferenceClock: ({ name }) => ({
      take: () => options.referenceClocks?.[name]?.(now(), host.wall()) ?? [],
      close: () => {},
    }),
    keepEpoch: (epoch) => void epochs.push(epoch),
    keepOscillator: (oscillator) => void kept.push(oscillator),
    log: ({ msg }) => void logged.push(msg),
    recorder,
  });

  const sources = Object.keys(servers).map((address) => ({
    name: address,
    kind: 'address' as const,
    host: address,
    port: 123,
    maxSources: 1,
    minPoll: 6,
    maxPoll: 10,
    burst: false,
    interleaved: false,
    ...options.every,
    ...options.sources?.[address],
  }));
  let gateway: Gateway;

  const world = {
    now,
    mono: host.mono,
    dice,
    logged,
    epochs,
    kept,
    samples,
    violations,
    ports,
    gateway: () => gateway,
    /** Calls `listener` for each reply that the gateway's core accepts, right after it did. */
    onMeasured: (listener: (source: string, measurement: Measurement) => void): void => void listeners.push(listener),
    /** What the gateway claims at this moment; undefined where it claims nothing. */
    claim: (): ClockReading | undefined => {
      const clock = clockOf(gateway.core());
      const reading = clock && readClock(clock, host.mono());
      return clock && reading && isUsable(clock, reading) ? reading : undefined;
    },
    /** Its NTP server's reply, from a request that took no time. */
    ask: lan.ask,
    sign: lan.sign,
    /** Lets `length` pass; `each` is called after every second of it. */
    pass: async (length: Nanos, each: () => void = () => {}): Promise<void> => {
      const end = after(now(), length);
      for (let second = after(now(), seconds(1)); ; second = after(second, seconds(1))) {
        await timeline.advance(second < end ? second : end);
        each();
        if (second >= end) return;
      }
    },
    /** A wait of the simulation itself, for an edge's answer under way. */
    wait: (length: Nanos): Promise<void> =>
      new Promise((resolve) => {
        at(after(now(), length), () => {
          stir();
          resolve();
        });
      }),
    /** The operator writes another configuration, which differs so from the first. */
    reconfigure: (change: Partial<CoreConfig>): Promise<void> => gateway.follow({ ...config, ...change }),
    /** Stops the gateway and starts another on this host, in an epoch of its own. */
    restart: async (remembered?: Remembered): Promise<void> => {
      gateway.stop();
      gateway = await startGateway(config, gateway.core().epoch + 1, ports, remembered);
    },
    suspend: host.suspend,
    migrate: host.migrate,
    stepWall: host.stepWall,
  };

  const config: CoreConfig = {
    ...NOTHING,
    sources,
    precision: -22,
    ownReferenceIds: [],
    ...(options.leapFile && { leapFile: 'leap-seconds.list' }),
    ...options.config,
  };
  gateway = await startGateway(config, 1, ports);
  return world;
};
