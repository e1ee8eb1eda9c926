/** Asks roughtime.py, which reads the RFC by itself. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Bytes, base64, fromBase64 } from '#contract/web-platform.ts';
import { runChild } from './child.ts';
import { ROOT } from './root.ts';

const { code } = await runChild('python3', ['-c', 'import cryptography']).catch(() => ({ code: 1 }));
export const hasCryptography = code === 0;

type Given = Readonly<Record<string, unknown>>;

export const ask = async (...lines: readonly Given[]): Promise<Given[]> => {
  const text = lines.map((line) =>
    JSON.stringify(line, (_, value) => (value instanceof Uint8Array ? base64(value) : value)),
  );
  const ran = await runChild('python3', [join(ROOT, 'test/support/roughtime.py')], { input: text.join('\n') });
  expect(ran.stderr).toBe('');
  return ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
};

export const bytes = (text: unknown): Bytes => fromBase64(String(text))!;
