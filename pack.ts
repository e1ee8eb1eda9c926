/** `npm pack`: what an installed package runs, as JavaScript, since Node takes no types away under node_modules. */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { build } from 'esbuild';
import { makePageAssets } from './ntp-gateway/io/page-assets.ts';

const root = import.meta.dirname;
const dist = join(root, 'dist');
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
const oldest = engines.node.replace('>=', '');

/** Each command, by what it runs. They lie as deep as their sources, from where they look for package.json. */
const COMMANDS = { noonmark: 'cli/main', 'noonmark-gateway': 'gateway' };

const forNode = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  packages: 'external', // npm installs them beside it
  platform: 'node',
  format: 'esm',
  target: `node${oldest}`,
  charset: 'utf8',
} as const;

const bundlePrograms = async (): Promise<void> => {
  const threads = globSync('ntp-gateway/io/*-thread.ts', { cwd: root });
  const names = threads.map((file) => [basename(file, '.ts'), file]);
  await build({ ...forNode, entryPoints: { gateway: 'ntp-gateway/main.ts', ...Object.fromEntries(names) } });
};

/** Split, since it runs without koffi as well: in one file, what asks for that would stop it before its first line. */
const bundleCommand = async (): Promise<void> => {
  await build({
    ...forNode,
    entryPoints: { 'cli/main': 'client/cli/main.ts' },
    splitting: true,
    chunkNames: 'cli/[name]-[hash]',
  });
};

/** For Node, browsers and what bundles for them: nothing else is imported, and what verifies only where it is wanted. */
const bundleClient = async (): Promise<void> => {
  await build({
    entryPoints: ['client/connect.ts'],
    absWorkingDir: root,
    outdir: join(dist, 'client'),
    bundle: true,
    splitting: true,
    platform: 'neutral',
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
  });
};

/** The declarations of a module and of all that it imports, as tsc has written them but for the paths. */
const writeTypes = (module: string, written: Set<string>): void => {
  if (written.has(module)) return;
  written.add(module);
  const folder = posix.dirname(module);
  const [project = ''] = module.split('/');
  const text = readFileSync(join(root, '.build/types', project, `${module}.d.ts`), 'utf8');
  const inPackage = text.replace(/'(#contract|\.\.?)\/([^']+)\.ts'/g, (_, from: string, name: string) => {
    const imported = from === '#contract' ? `contract/${name}` : posix.join(folder, from, name);
    writeTypes(imported, written);
    const path = posix.relative(folder, imported);
    return `'${path.startsWith('.') ? path : `./${path}`}.js'`;
  });
  write(`${module}.d.ts`, inPackage);
};

/** Imports what it runs only once it knows that this Node can read it. */
const launcher = (command: string, program: string): string => `#!/usr/bin/env node
import process from 'node:process';

const [oldest, got] = ['${oldest}', process.versions.node].map((version) => version.split('.').map(Number));
if (got[0] < oldest[0] || (got[0] === oldest[0] && got[1] < oldest[1])) {
  console.error(\`${command}: this is Node \${process.versions.node}, and it takes Node ${oldest} or later\`);
  process.exit(2);
}
await import('./${program}.js');
`;

const write = (name: string, text: string): void => {
  const file = join(dist, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

/** In place of the module that makes the page from its sources: what that makes. */
const writePage = async (): Promise<void> => {
  const assets = JSON.stringify(await makePageAssets());
  write('page-assets.js', `export const makePageAssets = async () => (${assets});\n`);
};

rmSync(dist, { recursive: true, force: true });
await Promise.all([bundlePrograms(), bundleCommand(), bundleClient()]);
await writePage();
for (const [command, program] of Object.entries(COMMANDS)) write(`${command}.js`, launcher(command, program));
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'client'], { stdio: 'inherit' });
writeTypes('client/connect', new Set());
