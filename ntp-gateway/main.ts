#!/usr/bin/env node
/** The command line: what may stand on it, and who does it. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Nanos } from '#contract/time.ts';
import { parseDuration } from '#contract/units.ts';
import { parseOrigin } from './config/addresses.ts';
import { SetupError } from './io/setup-error.ts';
import { untilLoaded } from './io/threads.ts';
import { WRONG_USE } from './main/exit-codes.ts';
import { init, STATE_DIR } from './main/init.ts';
import { revokeKey, rotateKey } from './main/key-care.ts';
import { check, keys, replay, show } from './main/questions.ts';
import { run } from './main/run.ts';
import { waitsync } from './main/waitsync.ts';
import type { Clients } from './status/clients.ts';
import type { Sources } from './status/sources.ts';
import type { Status } from './status/status.ts';
import { statusText } from './status/status-text.ts';
import { clientsText, sourcesText } from './status/tables.ts';

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
const length = (text: string): Nanos => {
  const length = parseDuration(text);
  if (length !== undefined) return length;
  throw new InvalidArgumentError('a length of time is a number with a unit, such as 5ms or 60s.');
};

const require = createRequire(import.meta.url);
const { version } = require('../package.json') as { version: string };
const DOCS = join(dirname(require.resolve('../package.json')), 'docs');
const AFTER = `
Lengths of time have a unit: 5ms, 90s, 2m.
${join(DOCS, 'operation.md')} goes from nothing to a service, gateway.md beside it has every key.

Exit codes: 0 good · 1 the answer is no · 2 wrong use, or a fault in the file · 3 no daemon answers`;
const program = new Command('noonmark-gateway')
  .description('NTP in, NTP out, signed time samples to the edge.')
  .version(version)
  .addHelpText('after', AFTER)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : WRONG_USE));
const CONFIG = ['--config <file>', 'the configuration, in TOML; has to be named'] as const;
const OTHER_STATE_DIR = ['--state-dir <dir>', 'in place of the file’s state_dir'] as const;
const JSON_FLAG = ['--json', 'as JSON'] as const;
const publishOption = (description: string): Option =>
  new Option('--publish <url>', `${description}; may be given again`).argParser(origin).default([], 'none');
const lengthOption = (flags: string, description: string, written: string): Option =>
  new Option(flags, description).argParser(length).default(length(written), written);

program
  .command('init')
  .description('write a commented configuration and a key, and say what comes next')
  .option('--config <file>', 'where to; never over a file that is there', './noonmark.toml')
  .option('--id <name>', 'by which edges know the gateway; the host’s name, if none is given')
  .option('--state-dir <dir>', 'for its key and what it learns')
  .addOption(publishOption('an edge to publish to'))
  .option('--ntp-port <port>', 'for the LAN; 123, or 11123 for a user who is not root', port)
  .action((options) => init(options, DOCS));
program
  .command('run')
  .description('run the daemon; the clock of this host is let be, unless [system_clock] in the file says otherwise')
  .requiredOption(...CONFIG)
  .option(...OTHER_STATE_DIR)
  .option('--ntp-port <port>', 'in place of the ports in [server] listen', port)
  .option('--status-port <port>', 'in place of the port in [status] listen', port)
  .addOption(publishOption('publish to this edge too'))
  .option('--fallback', 'without sources, publish the host’s own clock, marked unsynchronized')
  .option('--record <file>', 'write all that happens to a new file, for replay')
  .action((options) => run(options, version));
program
  .command('check')
  .description('every fault of a configuration at once')
  .requiredOption(...CONFIG)
  .action(check);
program
  .command('keys')
  .description('the key’s id, and what to paste into the edge’s wrangler.toml')
  .requiredOption(...CONFIG)
  .option(...OTHER_STATE_DIR)
  .option(...JSON_FLAG)
  .action(keys);
const keyCare = (name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .requiredOption(...CONFIG)
    .option(...OTHER_STATE_DIR)
    .addOption(publishOption('tell this edge too'))
    .option(...JSON_FLAG);
keyCare('rotate-key', 'have the key followed by a new one, which it signs for; exit 1 until each edge knows it')
  .addOption(lengthOption('--overlap <length>', 'how long the edges know both before the new one signs', '90s'))
  .action(rotateKey);
keyCare('revoke-key', 'give up a key that was stolen, and make another; exit 1 unless each edge knows it')
  .option('--yes', 'without asking')
  .action(revokeKey);
const question = (name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .option('--state-dir <dir>', 'where the daemon keeps its state', STATE_DIR)
    .option(...JSON_FLAG);
const page = (name: string, description: string): Command =>
  question(name, description).addOption(
    new Option('--watch', 'again each second, in place, until Ctrl-C').conflicts('json'),
  );
page('status', 'what the gateway knows; exit 1 unless it is synchronized').action(
  show<Status>('/status', statusText, ({ synchronized }) => synchronized),
);
page('sources', 'what each source says, and why it is or is not selected').action(
  show<Sources>('/sources', sourcesText, (sources) => sources.some(({ state }) => state === 'selected')),
);
page('clients', 'who asks the gateway, and how often; the busiest first').action(
  show<Clients>('/clients', clientsText, () => true),
);
question(
  'waitsync',
  'wait until the gateway is synchronized, also for one that is only being started; exit 1 unless it is in time',
)
  .option('--within <length>', 'and until its bound is as tight as this', length)
  .addOption(lengthOption('--timeout <length>', 'how long to wait', '60s'))
  .action(waitsync);
program
  .command('replay')
  .description('run what `run --record` wrote once more; exit 1 unless it comes out the same, bit for bit')
  .argument('<file>', 'may be compressed, where its name ends in .gz')
  .option(...JSON_FLAG)
  .action(replay);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  for (const line of error.message.split('\n')) console.error(`noonmark-gateway: ${line}`);
  await untilLoaded();
  process.exit(WRONG_USE);
}
