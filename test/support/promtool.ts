/** Prometheus' own judge of rules, queries and metrics. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPromtool, required } from './peers.ts';
import { makeTempDir } from './temp-dir.ts';

export const hasPromtool = findPromtool() !== undefined;

/** @returns its exit code and all that it has said; '' is what it says of metrics that it has nothing against. */
export const promtool = async (args: readonly string[], input = ''): Promise<{ code: number | null; said: string }> => {
  const child = spawn(required(findPromtool()), args);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  child.stdin.on('error', () => {}); // it may end without having read it
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, said };
};

/** @param rules - a file. @param cases - as promtool has them; JSON is YAML too. */
export const testRules = (rules: string, cases: readonly object[]) => {
  const file = join(makeTempDir(), 'cases.yml');
  writeFileSync(file, JSON.stringify({ rule_files: [rules], evaluation_interval: '1m', tests: cases }));
  return promtool(['test', 'rules', file]);
};

/** Whether these are queries at all. */
export const checkQueries = (queries: readonly string[]) => {
  const file = join(makeTempDir(), 'queries.yml');
  const rules = queries.map((expr, i) => ({ record: `query:${i}`, expr }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }));
  return promtool(['check', 'rules', file]);
};
