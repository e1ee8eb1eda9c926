/** `npm run edge`: the edge on this machine, until it is told to stop. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Edge, startEdge } from './local/edge.ts';

type Options = {
  readonly port: number;
  readonly host: string;
  readonly stateDir: string;
  readonly var: Readonly<Record<string, string>>;
};

const readPort = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Expected 0 to 65535.');
  return Number(text);
};

const addVariable = (text: string, before: Readonly<Record<string, string>>): Record<string, string> => {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Expected NAME=VALUE.');
  return { ...before, [name]: value };
};

const run = async ({ port, host, stateDir, var: vars }: Options): Promise<void> => {
  let edge: Edge | undefined;
  const stop = (): void => void Promise.resolve(edge?.stop()).then(() => process.exit(0));
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
  try {
    edge = await startEdge({ port, host, stateDir, vars });
    console.log(`edge listens on ${edge.url}`);
  } catch (error) {
    console.error(`edge: ${(error as Error).message}`);
    process.exit(2);
  }
};

await new Command('edge')
  .description('Runs the noonmark edge on this machine.')
  .option('--port <number>', 'where to listen; 0 for any free port', readPort, 8787)
  .option('--host <address>', 'where to listen', '127.0.0.1')
  .option('--state-dir <directory>', 'where to keep samples', '.noonmark/edge')
  .addOption(
    new Option('--var <NAME=VALUE>', 'a setting that goes before that in wrangler.toml; may be given again')
      .argParser(addVariable)
      .default({}, 'none'),
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(run)
  .parseAsync();
