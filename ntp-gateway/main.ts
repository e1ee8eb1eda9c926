#!/usr/bin/env node
/** Reads the command line, makes the real world, starts the gateway or asks the one that runs. */
import { isDeepStrictEqual } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { seconds } from '#contract/time.ts';
import { parseOrigin } from './config/addresses.ts';
import { type Config, faultText, parseConfig } from './config.ts';
import { takeLook } from './discipline/jump.ts';
import { recall } from './discipline/remembered.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { openClocks } from './io/clocks.ts';
import { askControl, serveControl, serveStatus } from './io/control.ts';
import { nextEpoch, openStateDir, readConfigFile } from './io/files.ts';
import { loadOrCreateKey } from './io/keys.ts';
import { log } from './io/log.ts';
import { ownReferenceIds } from './io/names.ts';
import { readBootId, readOscillator } from './io/oscillator.ts';
import { makePorts } from './io/ports.ts';
import { digestOf, linesOf, openRecording } from './io/recording.ts';
import { endpointText, SetupError } from './io/setup-error.ts';
import { makeRecorder } from './record/recorder.ts';
import { type Replay, replayLine } from './record/replay.ts';
import { type Clients, clientsOf } from './status/clients.ts';
import { replayedOf, replayedText } from './status/replayed.ts';
import { type Sources, type Status, sourcesOf, statusOf } from './status/status.ts';
import { clientsText, sourcesText, statusText } from './status/tables.ts';

type FileOption = { readonly config: string; readonly stateDir?: string };
type RunOptions = FileOption & {
  readonly ntpPort?: number;
  readonly statusPort?: number;
  readonly publish: readonly string[];
  readonly fallback?: true;
  readonly record?: string;
};

const NO = 1;
const WRONG_USE = 2;
const NO_DAEMON = 3;

/** What the host's own clock is taken to be good for where the file has no [local]. */
const HOST_CLOCK = { stratum: 10, uncertainty: seconds(1) };
/** Where the oscillator cannot be read bare, a time daemon may slew it: by 500 ppm, as the kernel's adjtime does. */
const SLEW = 5e-4;

const load = ({ config: file, stateDir }: FileOption): Config => {
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
  ...(statusPort !== undefined && { status: { host: config.status?.host ?? '127.0.0.1', port: statusPort } }),
});

const run = async (options: RunOptions): Promise<void> => {
  const config = override(load(options), options);
  const { stateDir, local, status } = config;
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
    ...makePorts(clocks, config, key),
    ...(recording && { recorder: makeRecorder(recording.write, digestOf) }),
  };
  const stored = clocks.isRaw ? readOscillator(stateDir, readBootId()) : undefined;
  const remembered = stored && recall(stored.kept, stored.isThisBoot, takeLook(clocks));
  const gateway = await startGateway(core, nextEpoch(stateDir), ports, remembered);
  const pages = {
    '/status': () =>
      statusOf(gateway.core(), gateway.server?.counters(), clocks.mono(), gateway.server?.keyExchanges?.()),
    '/sources': () => sourcesOf(gateway.core(), clocks.mono()),
    '/clients': () => clientsOf(gateway.server?.clients() ?? [], clocks.mono()),
  };
  const closers = [await serveControl(stateDir, pages), ...(status ? [await serveStatus(status, pages)] : [])];
  const stop = (): void => {
    gateway.stop();
    for (const close of closers) close();
    void (recording?.close() ?? Promise.resolve()).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.on('SIGHUP', () => reload(gateway, config, options));
  const where = config.server.listen.map(({ host, port }) => endpointText(host, port)).join(', ');
  log(`${config.id} runs, key ${key.id}${where && `, NTP on ${where}`}${clocks.isRaw ? '' : ', no raw clock here'}`);
};

/** Takes up who may ask and how often; a file with faults changes nothing. */
const reload = ({ server }: Gateway, running: Config, options: RunOptions): void => {
  try {
    const next = override(load(options), options);
    server?.follow(next.server);
    const isAll = isDeepStrictEqual(withoutPolicy(next), withoutPolicy(running));
    log(`reloaded ${options.config}${isAll ? '' : ': allow, deny and rate_limit; what else is new needs a restart'}`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    for (const line of error.message.split('\n')) log(`not reloaded: ${line}`, 'warning');
  }
};

const withoutPolicy = (config: Config): Config => {
  const { rateLimit: _, ...server } = config.server;
  return { ...config, server: { ...server, allow: [], deny: [] } };
};

const check = (options: FileOption): void => {
  load(options);
  console.log(`${options.config}: good`);
};

const keys = async (options: FileOption & { readonly json?: true }): Promise<void> => {
  const { id: gateway, stateDir } = load(options);
  openStateDir(stateDir);
  const { id, x } = await loadOrCreateKey(stateDir);
  const paste = `[vars.GATEWAY_KEYS]\n"${gateway}" = "${x}"`;
  console.log(
    options.json ? JSON.stringify({ gateway, id, x }) : `key ${id}\n\nfor the edge's wrangler.toml:\n\n${paste}`,
  );
};

/** Prints what the daemon answers; `isGood` decides between exit 0 and 1. */
const show =
  <Page>(path: string, text: (page: Page) => string, isGood: (page: Page) => boolean) =>
  async (options: { readonly stateDir: string; readonly json?: true }): Promise<void> => {
    const page = (await askControl(options.stateDir, path)) as Page | undefined;
    if (page === undefined) {
      console.error(`noonmark-gateway: no gateway answers in ${options.stateDir}; is it running? See --state-dir`);
      process.exitCode = NO_DAEMON;
      return;
    }
    console.log(options.json ? JSON.stringify(page, null, 2) : text(page));
    if (!isGood(page)) process.exitCode = NO;
  };

/** Exit 1 at the first line that is not what it was, or not a line of a recording. */
const replay = async (file: string, { json }: { readonly json?: true }): Promise<void> => {
  let replayed: Replay | undefined;
  for await (const line of linesOf(file)) {
    const next = replayLine(replayed, line, digestOf);
    if (!next.ok) {
      console.error(`noonmark-gateway: ${file}:${(replayed?.lines ?? 0) + 1}: ${next.detail}`);
      process.exitCode = NO;
      return;
    }
    replayed = next.value;
  }
  if (!replayed) throw new SetupError(`${file} holds no recording`);
  const page = replayedOf(replayed);
  console.log(json ? JSON.stringify(page, null, 2) : replayedText(page));
};

const port = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new InvalidArgumentError('a port is a whole number from 1 to 65535.');
};
const origin = (text: string, earlier: readonly string[]): readonly string[] => {
  const origin = parseOrigin(text);
  if (origin !== undefined) return [...earlier, origin];
  throw new InvalidArgumentError('an edge is named by its origin, such as https://time.example.org.');
};

const program = new Command('noonmark-gateway')
  .description('NTP in, NTP out, signed time samples to the edge.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : WRONG_USE));
const CONFIG = ['--config <file>', 'the configuration, in TOML'] as const;
const STATE_DIR = ['--state-dir <dir>', 'in place of the file’s state_dir'] as const;
const JSON_FLAG = ['--json', 'as JSON'] as const;

program
  .command('run')
  .description('run the daemon')
  .requiredOption(...CONFIG)
  .option(...STATE_DIR)
  .option('--ntp-port <port>', 'in place of the ports in [server] listen', port)
  .option('--status-port <port>', 'in place of the port in [status] listen', port)
  .option('--publish <url>', 'publish to this edge too', origin, [])
  .option('--fallback', 'without sources, publish the host’s own clock, marked unsynchronized')
  .option('--record <file>', 'write all that happens to a new file, for replay')
  .action(run);
program
  .command('replay')
  .description('run what `run --record` wrote once more; exit 1 unless it comes out the same, bit for bit')
  .argument('<file>', 'may be compressed, where its name ends in .gz')
  .option(...JSON_FLAG)
  .action(replay);
program
  .command('check')
  .description('every fault of a configuration at once')
  .requiredOption(...CONFIG)
  .action(check);
program
  .command('keys')
  .description('the key’s id, and what to paste into the edge’s wrangler.toml')
  .requiredOption(...CONFIG)
  .option(...STATE_DIR)
  .option(...JSON_FLAG)
  .action(keys);
const question = (name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .option('--state-dir <dir>', 'where the daemon keeps its state', '/var/lib/noonmark')
    .option(...JSON_FLAG);
question('status', 'what the gateway knows; exit 1 unless it is synchronized').action(
  show<Status>('/status', statusText, ({ synchronized }) => synchronized),
);
question('sources', 'what each source says, and why it is or is not selected').action(
  show<Sources>('/sources', sourcesText, (sources) => sources.some(({ state }) => state === 'selected')),
);
question('clients', 'who asks the gateway, and how often; the busiest first').action(
  show<Clients>('/clients', clientsText, () => true),
);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  for (const line of error.message.split('\n')) console.error(`noonmark-gateway: ${line}`);
  process.exit(WRONG_USE);
}
