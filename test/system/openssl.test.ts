/** The recipe in contract/README.md, as it stands there: a person with openssl needs nothing of ours. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeTimeSample } from '#contract/time-sample.ts';
import { exampleSample } from '../contract/example.ts';
import { runChild } from '../support/child.ts';
import { readmeBlock } from '../support/readme-block.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const jws = readmeBlock('contract/README.md', 'signed-sample');
const recipe = readmeBlock('contract/README.md', 'recipe');

const follow = async (sample: string) => {
  const folder = makeTempDir();
  writeFileSync(join(folder, 'sample.jws'), `${sample}\n`);
  const ran = await runChild('bash', ['-euo', 'pipefail', '-c', recipe], { cwd: folder });
  return { ...ran, folder };
};

describe('openssl, as contract/README.md says', () => {
  it('verifies the sample and shows what it says', async () => {
    const { code, stdout, folder } = await follow(jws);
    expect(stdout).toBe(`Signature Verified Successfully\n${encodeTimeSample(exampleSample)}`);
    expect(code).toBe(0);
    expect(readFileSync(join(folder, 'signature.bin'))).toHaveLength(64);
  });

  it.each([
    { name: 'another letter in the payload', alter: (good: string) => good.replace('.eyJ2', '.eyJ3') },
    { name: 'another signature', alter: (good: string) => `${good.slice(0, -2)}AA` },
  ])('refuses $name', async ({ alter }) => {
    expect(alter(jws)).not.toBe(jws);
    const { code, stdout } = await follow(alter(jws));
    expect(stdout).toContain('Signature Verification Failure');
    expect(code).not.toBe(0);
  });
});
