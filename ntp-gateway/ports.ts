/** The world, as far as the gateway knows it: real sockets and clocks, or a simulated network in virtual time. */
import type { Delegation } from '#contract/delegation.ts';
import type { Result } from '#contract/result.ts';
import type { MonoNanos, UnixNanos } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import type { Change } from './change.ts';
import type { Config, HttpsSourceConfig, NtsConfig, ReferenceClockConfig, ServerConfig } from './config.ts';
import type { Written } from './discipline/clock-owner.ts';
import type { HostClocks } from './discipline/jump.ts';
import type { KernelChange, KernelRefusal } from './discipline/kernel-clock.ts';
import type { KeptOscillator } from './discipline/remembered.ts';
import type { KernelRead } from './discipline/system-clock.ts';
import type { AuthenticationRefusal, KeyExchangeRefusal } from './protocol/authentication.ts';
import type { CheckOutcome, EdgeOutcome } from './protocol/edge-answer.ts';
import type { KeysAgreed } from './protocol/keys.ts';
import type { ServerCounters } from './protocol/server-counters.ts';
import type { ClockReading } from './protocol/server-state.ts';
import type { Answer } from './publish/answer.ts';
import type { Violation } from './publish/edge-check.ts';
import type { Recorder } from './record/recorder.ts';
import type { Resolved } from './source.ts';
import type { LeapList } from './wire/leap-list.ts';

export type Datagram = {
  readonly bytes: Uint8Array;
  /** Read first thing after it came in. */
  readonly receivedAt: MonoNanos;
  /** Its sender is the one that was asked, address and port. */
  readonly fromServer: boolean;
  /** Of a server that is to authenticate itself: whether this does, or why not. `bytes` are then what is authentic alone. */
  readonly authentication?: 'authentic' | AuthenticationRefusal;
  /** With NTS: how many cookies are held now. */
  readonly cookies?: number;
};

/** A server, and how it is to authenticate itself, if at all. */
export type Asked = {
  /** The source's id. */
  readonly source: string;
  readonly address: string;
  readonly port: number;
  /** With the keys that `exchangeKeys` had for this source. */
  readonly nts?: boolean;
  readonly key?: number;
};

/** An edge, by its origin, and the id of the key that vouches for it. */
export type EdgeAsked = Pick<HttpsSourceConfig, 'name' | 'gatewayKey'>;

/** With whom keys are exchanged. */
export type KeyServer = {
  readonly source: string;
  /** What its certificate must be for: the name, or the address, in the configuration. */
  readonly name: string;
  readonly address: string;
  /** Of its NTP server, if it names no other. */
  readonly port: number;
  readonly nts: NtsConfig;
};

export type Ports = HostClocks & {
  readonly random: {
    /** 64 bits that nobody can guess. */
    readonly bits: () => bigint;
    /** Uniform in [0, 1); need not be secret. */
    readonly fraction: () => number;
  };
  /** Calls `fire` once, at `at` or soon after. Returns a function that forgets it. */
  readonly timer: (at: MonoNanos, fire: () => void) => () => void;
  /**
   * Sends one datagram from a new socket on a random port, and listens on it.
   * @param sent - gets the clock's reading from just before the datagram left, or undefined where it could not.
   * @returns a function that closes the socket.
   */
  readonly ask: (
    server: Asked,
    bytes: Uint8Array,
    sent: (at: MonoNanos | undefined) => void,
    heard: (datagram: Datagram) => void,
  ) => () => void;
  /**
   * Has keys to ask a source with, RFC 8915 §4, or takes those that an earlier run kept. They replace the ones before.
   * @param time - the virtual clock's, by which certificates are judged; where there is none, the host's. @returns in all cases.
   */
  readonly exchangeKeys: (
    server: KeyServer,
    time: ClockReading | undefined,
  ) => Promise<Result<KeysAgreed, KeyExchangeRefusal>>;
  /**
   * Asks an edge the time, with a nonce of 16 to 64 characters of base64url, and verifies what it answers by the key that is
   * pinned. @returns in all cases.
   */
  readonly askEdge: (edge: EdgeAsked, nonce: string) => Promise<EdgeOutcome>;
  /** From now on this edge is refused where it says that it is earlier, also at the next start. */
  readonly raiseFloor: (edge: EdgeAsked, to: UnixNanos) => void;
  /** For the next start: the keys and the cookies that are left, and since when edges' answers have gone forward. */
  readonly keepKeys: () => void;
  /** The addresses of a name, or of an address written out; none where there are none now. */
  readonly resolve: (host: string) => Promise<readonly Resolved[]>;
  /**
   * Serves NTP by what stands in `lines` (protocol/line-memory.ts), and what is signed by what stands in `utcLines`: never
   * smeared, and not the host's own clock. Rejects where an address cannot be listened on.
   */
  readonly serve: (server: ServerConfig, lines: SharedArrayBuffer, utcLines: SharedArrayBuffer) => Promise<NtpServer>;
  /** Opens what the driver of a reference clock writes into. Throws where it cannot be heard. */
  readonly openReferenceClock: (config: ReferenceClockConfig) => ReferenceClockFeed;
  /** Signs the delegations, each in both of its forms, then the sample with them in it. */
  readonly sign: (
    sample: TimeSample,
    delegations: readonly Delegation[],
  ) => Promise<{ readonly jws: string; readonly sha256: string }>;
  /**
   * Posts a sample, and calls `departing` just before that leaves; rejects where no answer came.
   *
   * @param time - by our own clock, where it has one: the edge's certificate may be out of date by the host's alone.
   */
  readonly post: (
    origin: string,
    jws: string,
    departing: () => void,
    time: ClockReading | undefined,
  ) => Promise<Answer>;
  /** Asks an edge that we publish to as `askEdge` does, by our own key. @returns in all cases. */
  readonly checkEdge: (origin: string, nonce: string) => Promise<CheckOutcome>;
  /** Keeps the evidence. */
  readonly keepViolation: (violation: Violation) => void;
  /** Writes the epoch where the next start finds it, before it returns. */
  readonly keepEpoch: (epoch: number) => void;
  /** Writes what the next start remembers. */
  readonly keepOscillator: (oscillator: KeptOscillator) => void;
  /** Tells what the leap second file says: at once, and whenever that may have changed. Returns a function that ends it. */
  readonly followLeapFile: (path: string, heard: (read: Result<LeapList, string>) => void) => () => void;
  /** Opens what steers the host's clock; called only where the configuration asks for that. Absent: there is nothing. */
  readonly openSystemClock?: () => Result<SystemClockPort, KernelRefusal>;
  /**
   * From now on secrets, authorities, certificates, who may ask and who may be told are those of this configuration. Rejects with
   * nothing changed where one of them cannot be used.
   */
  readonly follow: (config: Config) => Promise<void>;
  readonly log: (change: Change) => void;
  /** Where measurements are kept as text: a line each, without its end. */
  readonly measurementLog?: MeasurementLog;
  /** Told of every step of the core, where someone wants to have it again. */
  readonly recorder?: Recorder;
};

export type MeasurementLog = {
  readonly measured?: (line: string) => void;
  /** How the clock stands, after each. */
  readonly tracked?: (line: string) => void;
};

export type ReferenceClockFeed = {
  /** What the driver has written since it was last asked, oldest first, and no more than a few at once. */
  readonly take: () => readonly Uint8Array[];
  readonly close: () => void;
};

/** The kernel's system clock. What writes needs CAP_SYS_TIME and moves the clock of the whole host. */
export type SystemClockPort = {
  readonly read: () => KernelRead;
  /** @param takesOver - ends what slews other programs have left running, first. @returns what the kernel has made of it. */
  readonly write: (change: KernelChange, takesOver: boolean) => KernelRead;
  /** Writes what the next start of this boot knows its own hand by. */
  readonly keep: (written: Written) => void;
  /** What an earlier run in this boot has kept so. */
  readonly written?: Written;
};

export type NtpServer = {
  readonly counters: () => ServerCounters;
  /** What became of connections to exchange keys, by word. Absent where none are exchanged. */
  readonly keyExchanges?: () => Readonly<Record<string, number>>;
  /** Of the certificate by which they are, RFC 3339; absent likewise. */
  readonly certificateValidUntil?: () => string | undefined;
  /** What became of Roughtime requests, by word. Absent where none are answered. */
  readonly roughtime?: () => Readonly<Record<string, number>>;
  /** What became of edges' questions, by word. Absent where none are answered. */
  readonly pulls?: () => Readonly<Record<string, number>>;
  /** One table for each thread that answers, as it is at this moment: protocol/client-table.ts. */
  readonly clients: () => readonly SharedArrayBuffer[];
  readonly close: () => void;
};
