/** `npm start`: gateway and edge together on this machine, with nothing to configure. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startEdge } from './worker/local/edge.ts';

const root = import.meta.dirname;
const GATEWAY = join(root, 'ntp-gateway/main.ts');

const defaultConfig = (
  stateDir: string,
): string => `# What \`npm start\` runs where no --config is given. Copy it as a start for your own.
[gateway]
id = "local"
state_dir = ${JSON.stringify(stateDir)}

[[source]]
address = "time.cloudflare.com"
nts = true
[[source]]
pool = "pool.ntp.org"

[server]
listen = ["127.0.0.1:11123", "[::1]:11123"]

[status]
listen = "127.0.0.1:9123"

[log]
format = "text"
`;

/** One machine has one clock: no spread, no lag. An edge that stands on the host's clock alone (± 1 s) is let speak. */
const ONE_MACHINE = { EDGE_SPREAD_MS: '0', OBJECT_LAG_MS: '0', MAX_UNCERTAINTY_MS: '1500' };

type Options = {
  readonly config?: string;
  readonly ntpPort: string;
  readonly edgePort: string;
  readonly statusPort: string;
  readonly stateDir: string;
};

const fail = (line: string): never => {
  console.error(`noonmark: ${line}`);
  process.exit(2);
};

const port = (text: string): string => {
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536) return text;
  throw new InvalidArgumentError('a port is a whole number from 1 to 65535.');
};

const writeDefaultConfig = (stateDir: string): string => {
  const file = join(stateDir, 'noonmark.toml');
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(file, defaultConfig(stateDir));
  return file;
};

const readKey = (config: string, stateDir: string): { gateway: string; x: string } => {
  const args = [GATEWAY, 'keys', '--json', '--config', config, '--state-dir', stateDir];
  try {
    return JSON.parse(execFileSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }).toString());
  } catch {
    return process.exit(2); // the command has said why
  }
};

const firstAnswer = async (url: string): Promise<{ synchronized: boolean }> => {
  for (;;) {
    const response = await fetch(`${url}/time`).catch(() => undefined);
    if (response?.ok) return (await response.json()) as { synchronized: boolean };
    await response?.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1))); // null: it was killed

const start = async ({ config, ntpPort, edgePort, statusPort, stateDir }: Options): Promise<void> => {
  const file = config ?? writeDefaultConfig(stateDir);
  const { gateway, x } = readKey(file, stateDir);
  const url = `http://127.0.0.1:${edgePort}`;
  const ports = ['--ntp-port', ntpPort, '--status-port', statusPort];
  const args = ['run', '--config', file, '--state-dir', stateDir, ...ports, '--publish', url, '--fallback'];
  const child = spawn(process.execPath, [GATEWAY, ...args], { stdio: 'inherit' });
  const exit = ended(child);
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    child.kill('SIGTERM');
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);

  const edge = await startEdge({
    host: '127.0.0.1',
    port: Number(edgePort),
    stateDir: join(stateDir, 'edge'),
    vars: { ...ONE_MACHINE, GATEWAY_KEYS: JSON.stringify({ [gateway]: x }) },
  }).catch(async (error: Error) => {
    const asked = stopping; // Ctrl-C ends the edge's runtime too, while it is only starting
    stop();
    const code = await exit;
    return asked ? process.exit(code) : fail(error.message);
  });
  void exit.then(async (code) => {
    await edge.stop();
    process.exit(code);
  });

  console.log(`noonmark: edge on ${edge.url}, NTP on port ${ntpPort}, status on port ${statusPort}; waiting for time…`);
  const { synchronized } = await firstAnswer(edge.url);
  console.log(`noonmark: ready${synchronized ? '' : ', on this host’s own clock: no source answers yet'}. Try

  curl ${edge.url}/time
  curl "${edge.url}/time?format=text"
  npm run gateway -- sources --state-dir ${stateDir}

and open ${edge.url}/ in a browser, or http://127.0.0.1:${statusPort}/ for the gateway’s own page. Ctrl-C stops it all.`);
};

await new Command('npm start --')
  .description('gateway and edge together on this machine')
  .option('--config <file>', 'a configuration in place of the default one')
  .option('--ntp-port <port>', 'where NTP is served', port, '11123')
  .option('--edge-port <port>', 'where the edge listens', port, '8787')
  .option('--status-port <port>', 'where the gateway says how it is', port, '9123')
  .option('--state-dir <dir>', 'what is kept between runs', join(root, '.noonmark'))
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(start)
  .parseAsync();
