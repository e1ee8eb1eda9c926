/**
 * A virtual network and virtual clocks around the real gateway: its ports, in virtual time, with seeded dice. True time
 * is known here, so whether an interval holds it is a matter of looking.
 */

import type { UnixNanos } from '#contract/time.ts';
import { after, between, type MonoNanos, monoNanos, type Nanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import type { Config } from '../../ntp-gateway/config.ts';
import { type CoreConfig, clockOf } from '../../ntp-gateway/core.ts';
import { isUsable, readClock } from '../../ntp-gateway/discipline/clock.ts';
import { type Gateway, startGateway } from '../../ntp-gateway/gateway.ts';
import type { Answerer, Ports } from '../../ntp-gateway/ports.ts';
import type { ClockReading } from '../../ntp-gateway/protocol/responder.ts';
import type { Answer } from '../../ntp-gateway/publish/answer.ts';
import { randomFrom } from '../support/dice.ts';
import type { SimulatedServer } from './server.ts';

/** How this host's oscillator errs: a ratio, and the standard deviation of its random walk per √s. */
export type Oscillator = { readonly frequency: number; readonly wander: number };

/** What the simulated edge does with a posted sample. */
export type SimulatedEdge = (sample: TimeSample, sha256: string, world: World) => Promise<Answer>;

type WorldOptions = {
  readonly seed: number;
  readonly servers: Readonly<Record<string, SimulatedServer>>;
  readonly config?: Partial<CoreConfig>;
  readonly oscillator?: Oscillator;
  /** Wall clock, less true time. */
  readonly wallOffset?: Nanos;
  readonly edge?: SimulatedEdge;
  /** Names that stand for the address of a server. */
  readonly names?: Readonly<Record<string, string>>;
  /** False: a kernel that does not say how long it slept. */
  readonly countsSleep?: boolean;
  /** When it all begins, Unix ns. */
  readonly start?: bigint;
};

export const START = unixNanos(1_795_336_200_000_000_000n);

const NOTHING: Config = {
  id: 'gw-sim',
  stateDir: '',
  maxDrift: 5e-4,
  sources: [],
  listen: [],
  publish: [],
};

export type World = Awaited<ReturnType<typeof makeWorld>>;

export const makeWorld = async (options: WorldOptions) => {
  const { seed, servers, oscillator = { frequency: 2e-5, wander: 1e-9 } } = options;
  const dice = randomFrom(seed);
  const logged: string[] = [];
  const epochs: number[] = [];
  const queue: { at: UnixNanos; fire: () => void }[] = [];
  const start = unixNanos(options.start ?? START);
  let now = start;
  // The oscillator is a line between the moments at which its frequency takes a step of its walk.
  let segment = { from: start, mono: 1_000_000_000n, frequency: oscillator.frequency };
  let wallOffset = options.wallOffset ?? nanos(0);
  let slept = nanos(0);
  let answerer: Answerer | undefined;

  /** Until when the host sleeps: its oscillator stands still and it hears nothing, while the network goes on. */
  let awakeAt = start;
  const monoAt = (time: UnixNanos): MonoNanos =>
    now < awakeAt
      ? monoNanos(segment.mono)
      : monoNanos(segment.mono + BigInt(Math.round(between(segment.from, time) * (1 - segment.frequency))));
  const trueAt = (mono: MonoNanos): UnixNanos =>
    after(segment.from, nanos(Number(mono - segment.mono) / (1 - segment.frequency)));
  const at = (time: UnixNanos, fire: () => void): (() => void) => {
    const entry = { at: time < now ? now : time, fire };
    queue.push(entry);
    return () => void (queue.includes(entry) && queue.splice(queue.indexOf(entry), 1));
  };
  /** The same for what happens to the host itself: not before it is awake. */
  const onHost = (time: UnixNanos, fire: () => void): (() => void) => {
    let cancel = at(time, () => {
      if (now >= awakeAt) fire();
      else cancel = onHost(awakeAt, fire);
    });
    return () => cancel();
  };
  const walk = (): void => {
    at(after(now, seconds(1)), walk);
    if (now < awakeAt) return;
    const frequency = segment.frequency + oscillator.wander * dice.normal();
    segment = { from: now, mono: monoAt(now), frequency };
  };

  const ports: Ports = {
    mono: () => monoAt(now),
    wall: () => after(now, wallOffset),
    ...(options.countsSleep !== false && { slept: () => slept }),
    random: { bits: dice.bits, fraction: dice.fraction },
    // A timer waits by the host's oscillator; a change of its frequency meanwhile is too small to matter here.
    timer: (mono, fire) => onHost(trueAt(mono), fire),
    ask: ({ address }, bytes, sent, heard) => {
      let open = true;
      const request = Uint8Array.from(bytes);
      const server = servers[address];
      at(now, () => {
        if (!open) return;
        sent(monoAt(now));
        const arrival = server?.travel(dice, now);
        if (!server || arrival === undefined) return;
        at(after(now, arrival), () => {
          for (const { bytes: reply, delay, stranger = false } of server.answer(request, now, dice)) {
            onHost(after(now, delay), () => {
              if (open) heard({ bytes: reply, receivedAt: monoAt(now), fromServer: !stranger });
            });
          }
        });
      });
      return () => {
        open = false;
      };
    },
    resolve: async (host) => {
      const address = options.names?.[host] ?? host;
      return address in servers ? [{ address, referenceId: 0x0a000000 + address.length }] : [];
    },
    serve: async (_endpoint, answer) => {
      answerer = answer;
      return () => {};
    },
    sign: async (sample) => {
      const sha256 = `${samples.push(sample)}`.padStart(43, 'h');
      return { jws: sha256, sha256 }; // all that the simulated edge needs to find it by
    },
    post: async (_origin, jws) => {
      if (!options.edge) throw new Error('no edge here');
      return options.edge(samples[Number(jws.replace(/^h+/, '')) - 1]!, jws, world);
    },
    keepEpoch: (epoch) => void epochs.push(epoch),
    log: (line) => void logged.push(line),
  };
  const samples: TimeSample[] = [];

  const sources = Object.keys(servers).map((host) => ({
    name: host,
    kind: 'address' as const,
    host,
    port: 123,
    maxSources: 1,
    minPoll: 6,
    maxPoll: 10,
  }));
  let gateway: Gateway;

  const world = {
    now: () => now,
    dice,
    logged,
    epochs,
    samples,
    ports,
    gateway: () => gateway,
    /** What the gateway claims at this moment; undefined where it claims nothing. */
    claim: (): ClockReading | undefined => {
      const clock = clockOf(gateway.core());
      const reading = clock && readClock(clock, monoAt(now));
      return clock && reading && isUsable(clock, reading) ? reading : undefined;
    },
    /** Its NTP server's reply, from a request that took no time. */
    ask: (request: Uint8Array): Uint8Array | undefined => answerer?.(request, monoAt(now)),
    /** Lets `length` pass; `each` is called after every second of it. */
    pass: async (length: Nanos, each: () => void = () => {}): Promise<void> => {
      const end = after(now, length);
      for (let second = after(now, seconds(1)); ; second = after(second, seconds(1))) {
        await advance(second < end ? second : end);
        each();
        if (second >= end) return;
      }
    },
    /** A wait of the simulation itself, for an edge's answer under way. */
    wait: (length: Nanos): Promise<void> => new Promise((resolve) => void at(after(now, length), resolve)),
    /** The host sleeps: true time, the network and the wall clock go on, the oscillator stands still. It has yet to notice. */
    suspend: async (length: Nanos): Promise<void> => {
      const mono = monoAt(now);
      awakeAt = after(now, length);
      segment = { ...segment, mono };
      await advance(unixNanos(awakeAt - 1n));
      now = awakeAt;
      segment = { ...segment, from: now };
      slept = nanos(slept + length);
    },
    stepWall: (by: Nanos): void => {
      wallOffset = nanos(wallOffset + by);
    },
  };

  const advance = async (until: UnixNanos): Promise<void> => {
    for (;;) {
      await settle();
      const next = queue.reduce<(typeof queue)[number] | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
      if (!next || next.at > until) break;
      queue.splice(queue.indexOf(next), 1);
      if (next.at > now) now = next.at;
      next.fire();
    }
    now = until > now ? until : now;
  };

  walk();
  const config: CoreConfig = { ...NOTHING, sources, precision: -22, ownReferenceIds: [], ...options.config };
  gateway = await startGateway(config, 1, ports);
  return world;
};

/** Lets promises that are ready run: none of them waits for anything but virtual time. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await Promise.resolve();
};
