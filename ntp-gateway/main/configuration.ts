/** What the file says, what the command line says beside it, and what this host adds. */
import { isDeepStrictEqual } from 'node:util';
import { seconds } from '#contract/time.ts';
import { faultText, parseConfig } from '../config/parse.ts';
import type { Config, LogConfig, ServerConfig } from '../config.ts';
import type { CoreConfig } from '../core/state.ts';
import type { Clocks } from '../io/clocks.ts';
import { readConfigFile } from '../io/files.ts';
import { ownReferenceIds } from '../io/names.ts';
import { SetupError } from '../io/setup-error.ts';

export type FileOption = { readonly config: string; readonly stateDir?: string };
export type Overrides = FileOption & {
  readonly ntpPort?: number;
  readonly statusPort?: number;
  readonly publish: readonly string[];
  readonly fallback?: true;
};

/** What the host's own clock is taken to be good for where the file has no [local]. */
const HOST_CLOCK = { stratum: 10, uncertainty: seconds(1) };
/** Where the oscillator cannot be read bare, a time daemon may slew it: by 500 ppm, as the kernel's adjtime does. */
const SLEW = 5e-4;

/** @throws SetupError that names every fault. */
export const load = (options: FileOption): Config => configIn(readConfigFile(options.config), options);

/** @throws SetupError likewise. */
export const configIn = (text: string, { config: file, stateDir }: FileOption): Config => {
  const parsed = parseConfig(text, file);
  if (parsed.ok) return { ...parsed.config, ...(stateDir !== undefined && { stateDir }) };
  throw new SetupError(parsed.faults.map(faultText).join('\n'));
};

export const override = (config: Config, { ntpPort, statusPort, publish }: Overrides): Config => {
  const named = new Set(config.publish.map(({ origin }) => origin));
  const added = publish.filter((origin) => !named.has(origin)).map((origin) => ({ origin, interval: seconds(16) }));
  return {
    ...config,
    server: {
      ...config.server,
      listen: config.server.listen.map(({ host, port }) => ({ host, port: ntpPort ?? port })),
    },
    publish: [...config.publish, ...added],
    ...(statusPort !== undefined && { status: { host: '127.0.0.1', ...config.status, port: statusPort } }),
  };
};

export const coreConfigOf = (config: Config, clocks: Clocks, { fallback: isAsked }: Overrides): CoreConfig => {
  const fallback = config.local ?? (isAsked && HOST_CLOCK);
  return {
    ...config,
    maxDrift: config.maxDrift + (clocks.isRaw ? 0 : SLEW),
    precision: clocks.precision,
    ownReferenceIds: ownReferenceIds(),
    ...(fallback && { fallback }),
  };
};

const keepsFiles = (log: LogConfig | undefined): log is LogConfig =>
  log?.measurements !== undefined || log?.tracking !== undefined;

/** What was opened or signed under these stays as it is until the gateway is started again. */
const FIXED: Readonly<Record<string, (config: Config) => unknown>> = {
  'gateway.id': ({ id }) => id,
  'gateway.state_dir': ({ stateDir }) => stateDir,
  'server.listen': ({ server }) => server.listen,
  'server.threads': ({ server }) => server.threads,
  'server.nts.listen': ({ server }) => server.nts?.listen,
  'server.roughtime.listen': ({ server }) => server.roughtime?.listen,
  'server.pull.listen': ({ server }) => server.pull?.listen,
  'status.listen': ({ status }) => status && [status.host, status.port],
  'status.names': ({ status }) => status?.names,
  'log.measurements': ({ log }) => log?.measurements,
  'log.tracking': ({ log }) => log?.tracking,
  'log.max_size': ({ log }) => keepsFiles(log) && log.maxSize,
  'log.keep': ({ log }) => keepsFiles(log) && log.keep,
};

/** The keys, as they are written, in which the file says otherwise than what runs. */
export const needsRestart = (written: Config, running: Config): readonly string[] =>
  Object.keys(FIXED).filter((key) => !isDeepStrictEqual(FIXED[key]!(written), FIXED[key]!(running)));

/** What is written, as far as it can be taken up while that runs. */
export const takeUp = (written: Config, running: Config): Config => {
  const { status: _, log: __, ...others } = written;
  const { id, stateDir, status } = running;
  const server = takeUpServer(written.server, running.server);
  // No edge is sent to where nobody answers yet.
  const publish = server.pull ? others.publish : others.publish.map(({ pullUrl: _, ...edge }) => edge);
  const log = takeUpLog(written.log, running.log);
  return { ...others, id, stateDir, server, publish, ...(status && { status }), ...(log && { log }) };
};

/** The files that are open stay, and no others are opened. */
const takeUpLog = (written: LogConfig | undefined, running: LogConfig | undefined): LogConfig | undefined => {
  if (running) return { ...running, format: written?.format ?? 'auto' };
  if (!written) return undefined;
  const { format, maxSize, keep } = written;
  return { format, maxSize, keep };
};

const takeUpServer = (written: ServerConfig, running: ServerConfig): ServerConfig => {
  const { nts: _, roughtime: __, pull: ___, ...others } = written;
  const { listen, threads, nts, roughtime, pull } = running;
  return {
    ...others,
    listen,
    threads,
    ...(nts && { nts: { ...nts, ...written.nts, listen: nts.listen } }),
    ...(roughtime && { roughtime: { ...roughtime, ...written.roughtime, listen: roughtime.listen } }),
    ...(pull && { pull }),
  };
};
