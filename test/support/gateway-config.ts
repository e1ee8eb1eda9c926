/** The file that a gateway of the tests is configured by. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify, type TomlTable } from 'smol-toml';

export const GATEWAY_ID = 'gw-test';

export type GatewayConfig = {
  readonly id?: string;
  /** Ports on this host, at 127.0.0.1 unless said otherwise. Asked four times a second unless said otherwise; polls in log2 s. */
  readonly sources?: readonly {
    readonly port: number;
    readonly address?: string;
    readonly minPoll?: number;
    readonly maxPoll?: number;
    readonly interleaved?: boolean;
    /** With it the source is asked with NTS: where keys are exchanged, and whom to trust. */
    readonly ntsPort?: number;
    readonly ca?: string;
    /** Of `keys`. */
    readonly key?: number;
  }[];
  /** Tables of the configuration, as they are written there. */
  readonly referenceClocks?: readonly TomlTable[];
  /** Edges that it takes its time from, by the key of a gateway behind each; asked once a second. */
  readonly edges?: readonly { readonly url: string; readonly gatewayKey: string }[];
  /** Origins of edges; each gets a sample every second, unless said otherwise. */
  readonly publish?: readonly string[];
  readonly publishInterval?: string;
  /** Where these edges are told to ask. */
  readonly pullUrl?: string;
  /** Tables of the configuration; what they say goes before what is written here. */
  readonly server?: TomlTable;
  readonly local?: TomlTable;
  readonly keys?: TomlTable;
  readonly log?: TomlTable;
  readonly requireNts?: boolean;
  readonly maxDrift?: string;
  readonly leapFile?: string;
  /** Where it serves, instead of 127.0.0.1 and `ntpPort`. */
  readonly listen?: readonly string[];
  /** Where `[status]` listens. */
  readonly status?: string;
};

/** @returns the file's path. @param ntpPort - where it serves, unless `listen` says otherwise. */
export const writeConfig = (
  {
    id = GATEWAY_ID,
    sources = [],
    referenceClocks = [],
    edges = [],
    publish = [],
    publishInterval = '1s',
    pullUrl,
    server,
    local,
    keys,
    log,
    requireNts,
    maxDrift = '500ppm',
    leapFile,
    listen,
    status,
  }: GatewayConfig,
  stateDir: string,
  ntpPort: number,
): string => {
  const file = join(stateDir, 'noonmark.toml');
  const source = sources.map(
    ({ port, address = '127.0.0.1', minPoll = -2, maxPoll = minPoll, interleaved = false, ntsPort, ca, key }) => ({
      address,
      port,
      min_poll: minPoll,
      max_poll: maxPoll,
      interleaved,
      ...(ntsPort !== undefined && { nts: true, nts_port: ntsPort }),
      ...(ca !== undefined && { nts_ca: ca }),
      ...(key !== undefined && { key }),
    }),
  );
  const httpsSources = edges.map(({ url, gatewayKey }) => ({
    https: url,
    gateway_key: gatewayKey,
    min_poll: 0,
    max_poll: 0,
  }));
  const config = {
    gateway: { id, state_dir: stateDir, max_drift: maxDrift, ...(requireNts && { require_nts: true }) },
    source: [...source, ...httpsSources, ...referenceClocks],
    server: { listen: listen ?? [`127.0.0.1:${ntpPort}`], ...server },
    ...(local && { local }),
    ...(keys && { keys }),
    ...(log && { log }),
    publish: publish.map((url) => ({
      url,
      interval: publishInterval,
      ...(pullUrl !== undefined && { pull_url: pullUrl }),
    })),
    ...(status !== undefined && { status: { listen: status } }),
    ...(leapFile !== undefined && { leap: { file: leapFile } }),
  };
  writeFileSync(file, stringify(config));
  return file;
};
