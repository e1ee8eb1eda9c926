/**
 * `npm test`: format, lint, types, then every test, against real peers where this machine can have them; all but those that
 * take long: how the gateway is run and what befalls it there (`npm run test:operation`), what has to run alone since it measures
 * (`npm run test:timing`), and the long simulations (`npm run test:simulation`).
 *
 * Ends with `N passed, N failed`, and `, N skipped` where there are any; exit code 1 if anything failed.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fetchPeers } from './setup/peers.ts';
import { type Tally, tally } from './setup/report.ts';
import { runStep } from './setup/step.ts';
import { ROOT } from './support/root.ts';

const REPORTS = join(ROOT, '.build', 'test');
mkdirSync(REPORTS, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'noonmark-test-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
const env = {
  ...process.env,
  PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
  TMPDIR: scratch, // whatever a test leaves behind lies in here
  NODE_COMPILE_CACHE: join(ROOT, '.build', 'compiled'), // most of what a started gateway costs is to read its sources
  CI: '1', // no watching, no questions, no `.only`
  ...(!process.stdout.isTTY && { NO_COLOR: '1' }),
};

type Tallied = Tally & { readonly name: string };

const say = (text: string): void => console.log(`\n── ${text}`);

const check = async (name: string, script: string, ...args: string[]): Promise<Tallied> => {
  say(name);
  const why = await runStep(script, args, { limitSeconds: 120, env });
  if (why) console.log(`${name}: ${why}`);
  return { name, passed: why ? 0 : 1, failed: why ? 1 : 0, skipped: [] };
};

const suite = async (name: string, limitSeconds: number, ...projects: string[]): Promise<Tallied> => {
  say(name);
  const file = join(REPORTS, `${name}.json`);
  rmSync(file, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const args = ['run', ...projects.map((project) => `--project=${project}`), ...reporters];
  const why = await runStep('node_modules/vitest/vitest.mjs', args, { limitSeconds, env });
  if (why) console.log(`${name}: ${why}`);
  const report = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  return { name, ...tally(report, why === undefined, ROOT) };
};

let missingPeers: readonly string[] = [];
const havePeers = async (): Promise<void> => {
  say('peers');
  missingPeers = await fetchPeers();
  console.log(missingPeers.length === 0 ? 'all are here' : missingPeers.join('\n'));
};

const everyday = async (): Promise<readonly Tallied[]> => {
  const checks = [
    await check('format and lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
    await check('types', 'node_modules/typescript/bin/tsc', '-b'),
  ];
  await havePeers();
  return [...checks, await suite('unit', 300, 'node', 'workerd'), await suite('system', 420, 'system')];
};

const operation = async (): Promise<readonly Tallied[]> => {
  await havePeers();
  return [await suite('operation', 600, 'operation')];
};

const timing = async (): Promise<readonly Tallied[]> => {
  await havePeers();
  return [await suite('timing', 420, 'timing')];
};

const simulation = async (): Promise<readonly Tallied[]> => [await suite('simulation', 1_200, 'simulation')];

const KINDS: Readonly<Record<string, typeof everyday>> = { operation, timing, simulation };
const [kind, ...more] = process.argv.slice(2);
const wanted = kind === undefined ? everyday : Object.hasOwn(KINDS, kind) && KINDS[kind];
if (!wanted || more.length > 0) {
  console.error(
    `run.ts takes no argument, or one of: ${Object.keys(KINDS).join(', ')}. A single file is run by: npx vitest run FILE`,
  );
  process.exit(2);
}
const results = await wanted();

const total = (count: (result: Tally) => number): number => results.reduce((sum, result) => sum + count(result), 0);
const skipped = total((result) => result.skipped.length);
say('result');
for (const { name, passed, failed } of results) console.log(`${name}: ${passed} passed, ${failed} failed`);
for (const name of results.flatMap((result) => result.skipped)) console.log(`skipped: ${name}`);
for (const peer of missingPeers) console.log(`missing: ${peer}`);
const failed = total((result) => result.failed);
console.log(`${total((result) => result.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 ? 1 : 0);
