/** `--help`: what stands there is in words and units, not in what the program makes of them. */
import { expect, it } from 'vitest';
import { runGateway } from '../../support/gateway.ts';

it.each([
  { command: 'init', defaults: ['"./noonmark.toml"', 'none'] },
  { command: 'run', defaults: ['none'] },
  { command: 'rotate-key', defaults: ['none', '90s'] },
  { command: 'waitsync', defaults: ['"/var/lib/noonmark"', '60s'] },
])('of $command', async ({ command, defaults }) => {
  const { code, stdout } = await runGateway(command, '--help');
  expect(code).toBe(0);
  expect([...stdout.matchAll(/\(default:\s+([^)]*)\)/g)].map(([, written]) => written)).toEqual(defaults);
});
