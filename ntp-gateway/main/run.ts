/** The daemon: the real world is made, the gateway started in it, and stopped by a signal. */
import { isDeepStrictEqual } from 'node:util';
import { seconds } from '#contract/time.ts';
import { faultText, parseConfig } from '../config/parse.ts';
import type { Config } from '../config.ts';
import { takeLook } from '../discipline/jump.ts';
import { recall } from '../discipline/remembered.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { openClocks } from '../io/clocks.ts';
import { serveControl, serveStatus } from '../io/control.ts';
import { nextEpoch } from '../io/epoch.ts';
import { exposition } from '../io/exposition.ts';
import { openStateDir, readConfigFile } from '../io/files.ts';
import { keeping } from '../io/keeping.ts';
import { loadOrCreateKey } from '../io/keys.ts';
import { flushLog, log, setLogFormat } from '../io/log.ts';
import { ownReferenceIds } from '../io/names.ts';
import { readBootId, readOscillator } from '../io/oscillator.ts';
import { json, type Pages } from '../io/pages.ts';
import { makePorts } from '../io/ports.ts';
import { processMetrics } from '../io/process-metrics.ts';
import { digestOf, openRecording } from '../io/recording.ts';
import { endpointText, SetupError } from '../io/setup-error.ts';
import { ownRoughtimeServer } from '../io/signing.ts';
import { makeRecorder } from '../record/recorder.ts';
import { clientsOf } from '../status/clients.ts';
import { metricsOf } from '../status/metrics.ts';
import { sourcesOf } from '../status/sources.ts';
import { statusOf } from '../status/status.ts';

export type FileOption = { readonly config: string; readonly stateDir?: string };
type RunOptions = FileOption & {
  readonly ntpPort?: number;
  readonly statusPort?: number;
  readonly publish: readonly string[];
  readonly fallback?: true;
  readonly record?: string;
};

/** What the host's own clock is taken to be good for where the file has no [local]. */
const HOST_CLOCK = { stratum: 10, uncertainty: seconds(1) };
/** Where the oscillator cannot be read bare, a time daemon may slew it: by 500 ppm, as the kernel's adjtime does. */
const SLEW = 5e-4;

/** @throws SetupError that names every fault. */
export const load = ({ config: file, stateDir }: FileOption): Config => {
  const parsed = parseConfig(readConfigFile(file), file);
  if (parsed.ok) return { ...parsed.config, ...(stateDir !== undefined && { stateDir }) };
  throw new SetupError(parsed.faults.map(faultText).join('\n'));
};

const override = (config: Config, { ntpPort, statusPort, publish }: RunOptions): Config => ({
  ...config,
  server: {
    ...config.server,
    listen: config.server.listen.map(({ host, port }) => ({ host, port: ntpPort ?? port })),
  },
  publish: [...config.publish, ...publish.map((origin) => ({ origin, interval: seconds(16) }))],
  ...(statusPort !== undefined && { status: { host: '127.0.0.1', ...config.status, port: statusPort } }),
});

export const run = async (options: RunOptions, version: string): Promise<void> => {
  const config = override(load(options), options);
  const { stateDir, local, status } = config;
  setLogFormat(config.log?.format ?? 'auto');
  const clocks = openClocks();
  openStateDir(stateDir);
  const key = await loadOrCreateKey(stateDir);
  const fallback = local ?? (options.fallback && HOST_CLOCK);
  const maxDrift = config.maxDrift + (clocks.isRaw ? 0 : SLEW);
  const core = {
    ...config,
    maxDrift,
    precision: clocks.precision,
    ownReferenceIds: ownReferenceIds(),
    ...(fallback && { fallback }),
  };

  const recording = options.record === undefined ? undefined : openRecording(options.record);
  const ports = {
    ...makePorts(clocks, config, key, await ownRoughtimeServer(config)),
    ...(recording && { recorder: makeRecorder(recording.write, digestOf) }),
  };
  const stored = clocks.isRaw ? readOscillator(stateDir, readBootId()) : undefined;
  const remembered = stored && recall(stored.kept, stored.isThisBoot, takeLook(clocks));
  const gateway = await startGateway(core, nextEpoch(stateDir), ports, remembered);
  const facts = {
    status: () =>
      statusOf(gateway.core(), gateway.server?.counters(), clocks.mono(), {
        keyExchanges: gateway.server?.keyExchanges?.(),
        certificateValidUntil: gateway.server?.certificateValidUntil?.(),
        roughtime: gateway.server?.roughtime?.(),
        pulls: gateway.server?.pulls?.(),
        stateDir: keeping.state(),
      }),
    sources: () => sourcesOf(gateway.core(), clocks.mono()),
  };
  const pages: Pages = {
    '/status': () => json(facts.status()),
    '/sources': () => json(facts.sources()),
    '/clients': () => json(clientsOf(gateway.server?.clients() ?? [], clocks.mono())),
    '/metrics': (asked) =>
      exposition([...metricsOf(facts.status(), facts.sources(), version), ...processMetrics()], asked),
  };
  const closers = [await serveControl(stateDir, pages), ...(status ? [await serveStatus(status, pages)] : [])];
  const stop = (signal: string): void => {
    flushLog();
    log({ event: 'stopped', gateway: config.id, signal, msg: `${config.id} stops: ${signal}` });
    gateway.stop();
    for (const close of closers) close();
    void (recording?.close() ?? Promise.resolve()).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.on('SIGHUP', () => reload(gateway, config, options));
  const where = config.server.listen.map(({ host, port }) => endpointText(host, port)).join(', ');
  const msg = `${config.id} runs, key ${key.id}${where && `, NTP on ${where}`}${clocks.isRaw ? '' : ', no raw clock here'}`;
  log({ event: 'started', gateway: config.id, key: key.id, msg });
};

/** Takes up who may ask and how often; a file with faults changes nothing. */
const reload = ({ server }: Gateway, running: Config, options: RunOptions): void => {
  try {
    const next = override(load(options), options);
    server?.follow(next.server);
    const isAll = isDeepStrictEqual(withoutPolicy(next), withoutPolicy(running));
    const rest = isAll ? '' : ': allow, deny and rate_limit; what else is new needs a restart';
    log({ event: 'reloaded', file: options.config, msg: `reloaded ${options.config}${rest}` });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    for (const line of error.message.split('\n'))
      log({ event: 'not-reloaded', level: 'warn', msg: `not reloaded: ${line}` });
  }
};

const withoutPolicy = (config: Config): Config => {
  const { rateLimit: _, ...server } = config.server;
  return { ...config, server: { ...server, allow: [], deny: [] } };
};
