/** The examples of a README, so that a test can hold the page to them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** The fenced block that opens with `name` behind its language, such as "```json header". */
export const readmeBlock = (readme: string, name: string): string => {
  const blocks = readFileSync(join(ROOT, readme), 'utf8').matchAll(/^```\w+ (\S+)\n(.*?)\n```$/gms);
  const [block, ...more] = [...blocks].filter(([, title]) => title === name);
  if (block?.[2] === undefined || more.length > 0) throw new Error(`${readme}: not exactly one block ${name}`);
  return block[2];
};

/** Of what a program prints: without its numbers, and the units that go with them. */
export const shapeOf = (text: string): string => text.replace(/\d[\w.:-]*( (ms|s|min|h)\b)?/g, '#');
