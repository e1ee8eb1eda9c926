/** What the operator wrote, checked and under the names that the code has for it; config/parse.ts makes it of the file. */
import type { Nanos } from '#contract/time.ts';
import type { Prefix } from './config/prefixes.ts';

export type Endpoint = { readonly host: string; readonly port: number };

/** What the operator says of a source of any kind, in chrony's words. */
export type SelectOptions = {
  /** Where such a source is selected, the best estimate is theirs alone. */
  readonly prefer?: boolean;
  /** Where such sources can vote, nobody else does. */
  readonly trust?: boolean;
  /** Watched, and never asked for a vote. */
  readonly noselect?: boolean;
};

export type SourceConfig = SelectOptions & {
  /** The address or pool as written. */
  readonly name: string;
  readonly kind: 'address' | 'pool';
  readonly host: string;
  readonly port: number;
  /** How many of the pool's addresses are asked; 1 for an address. */
  readonly maxSources: number;
  /** log2 s, −4 to 17, minPoll ≤ maxPoll. */
  readonly minPoll: number;
  readonly maxPoll: number;
  /** At each poll several requests, as many as keep their average at minPoll, four at most. */
  readonly burst: boolean;
  /** RFC 9769, where the server can. */
  readonly interleaved: boolean;
  /** The operator's word: the two ways of an exchange never differ by more. */
  readonly maxAsymmetry?: Nanos;
  /** Its clock runs slow or fast around a leap second, and so is kept out then. */
  readonly smears?: boolean;
  /** Present: it is asked with NTS alone. */
  readonly nts?: NtsConfig;
  /** Of the symmetric key by which it authenticates itself; never beside `nts`. */
  readonly key?: number;
};

/** Where keys are exchanged, RFC 8915 §4. */
export type NtsConfig = {
  readonly port: number;
  /** A PEM file, as written, of the authorities that are trusted in place of the system's. */
  readonly ca?: string;
};

/** RFC 8573, and what older servers have. */
export type MacAlgorithm = 'aes-128-cmac' | 'aes-256-cmac' | 'sha256' | 'sha1' | 'md5';

/** `id` is a uint32, not 0; `secretFile` as written. */
export type SymmetricKeyConfig = { readonly id: number; readonly algorithm: MacAlgorithm; readonly secretFile: string };

/** A clock of this host whose driver writes to us, unasked. */
export type ReferenceClockConfig = SelectOptions & {
  readonly name: string;
  /** uint32: one to four ASCII characters, RFC 5905 §7.3. */
  readonly referenceId: number;
  /** The most by which it is wrong, says the operator: A1 rests on it. */
  readonly uncertainty: Nanos;
  /** What its time is corrected by: positive where it says it late. */
  readonly offset: Nanos;
} & (
    | { readonly driver: 'sock'; readonly path: string }
    /** 0 … 255. */
    | { readonly driver: 'shm'; readonly unit: number }
  );

/** Another noonmark edge, asked over HTTPS: for networks that let no UDP out. */
export type HttpsSourceConfig = SelectOptions & {
  /** Its origin. */
  readonly name: string;
  /** The id (RFC 7638) of the key of a gateway behind it: whose word for the edge's own keys counts. */
  readonly gatewayKey: string;
  /** uint32: made from the origin, as there is no address that it would stand for. */
  readonly referenceId: number;
  /** log2 s, as a server's. */
  readonly minPoll: number;
  readonly maxPoll: number;
};

/** How the LAN is served. */
export type ServerConfig = {
  readonly listen: readonly Endpoint[];
  /** Threads that answer; `auto`: one for each core. */
  readonly threads: number | 'auto';
  /** The longest of all that hold a client's address decides; where none does, it is denied if `allow` names anyone. */
  readonly allow: readonly Prefix[];
  readonly deny: readonly Prefix[];
  readonly rateLimit?: {
    /** In the long run a client gets one answer in each of these. */
    readonly interval: Nanos;
    /** And so many at once. */
    readonly burst: number;
    /** Whose addresses stand for many hosts: not limited. */
    readonly exempt: readonly Prefix[];
  };
  /** Whether the LAN is led through a leap second by a clock that runs slow or fast from noon to noon. */
  readonly smear: boolean;
  readonly nts?: NtsServerConfig;
  readonly roughtime?: RoughtimeServerConfig;
  readonly pull?: PullServerConfig;
};

/** Where keys are exchanged with clients, and as whom: PEM files, as written. */
export type NtsServerConfig = {
  readonly listen: readonly Endpoint[];
  readonly certificate: string;
  readonly key: string;
};

/** Where Roughtime is answered, over UDP and TCP. */
export type RoughtimeServerConfig = {
  readonly listen: readonly Endpoint[];
  /** Where others reach it, for edges to list: "time.example.org:5319". */
  readonly publicAddresses: readonly string[];
};

/** Where edges' questions are answered, for a proxy that ends TLS. */
export type PullServerConfig = { readonly listen: readonly Endpoint[] };

export type PublishConfig = {
  readonly origin: string;
  readonly interval: Nanos;
  /** The origin at which this edge may ask us. */
  readonly pullUrl?: string;
};
export type LocalConfig = {
  readonly stratum: number;
  readonly uncertainty: Nanos;
  /** Gateways of one stratum that nobody tells the time agree on one of them. */
  readonly orphan?: boolean;
};

/** How changes of state are told, and where measurements are kept. */
export type LogConfig = {
  /** `auto`: text on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'text';
  /** Files, as written: a line for each measurement, and one for the clock after it. */
  readonly measurements?: string;
  readonly tracking?: string;
  /** In bytes: then a file is put aside as `.1`, and of those as many are kept. */
  readonly maxSize: number;
  readonly keep: number;
};

/** `names`: by which it may be asked, besides its addresses; absent where there are none. */
export type StatusConfig = Endpoint & { readonly names?: readonly string[] };

/** How the host's own clock is led to ours; only the second sets it. */
export type SystemClockConfig = 'slew' | 'step-and-slew';

export type Config = {
  readonly id: string;
  /** As written: a relative path counts from the process's folder. */
  readonly stateDir: string;
  /** How fast or slow the oscillator may run, as a ratio: 500 ppm is 5e-4. */
  readonly maxDrift: number;
  /** How many sources must agree before time is told, ≥ 1. */
  readonly minSources: number;
  /** Servers that do not authenticate themselves, by NTS or by a key, have no vote. */
  readonly requireNts?: boolean;
  /** Absent where there are none. */
  readonly keys?: readonly SymmetricKeyConfig[];
  readonly sources: readonly SourceConfig[];
  /** Absent where there are none. */
  readonly httpsSources?: readonly HttpsSourceConfig[];
  /** Absent where there are none. */
  readonly referenceClocks?: readonly ReferenceClockConfig[];
  readonly server: ServerConfig;
  readonly local?: LocalConfig;
  /** As written. */
  readonly leapFile?: string;
  readonly publish: readonly PublishConfig[];
  /** Absent: the host's clock is let be. */
  readonly systemClock?: SystemClockConfig;
  readonly status?: StatusConfig;
  readonly log?: LogConfig;
};
