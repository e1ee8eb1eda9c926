import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait-for.ts';
import { runStep } from './step.ts';

const script = (code: string): string => {
  const file = join(makeTempDir(), 'step.mjs');
  writeFileSync(file, code);
  return file;
};
const isRefused = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });

describe('a step of the test run', () => {
  it('is good when it ends by itself with 0, and only then', async () => {
    const options = { limitSeconds: 10, env: process.env };
    expect(await runStep(script(''), [], options)).toBeUndefined();
    expect(await runStep(script('process.exit(3)'), [], options)).toBe('exit 3');
    expect(await runStep(script('process.kill(process.pid, "SIGKILL")'), [], options)).toBe('exit SIGKILL');
  });

  it('is ended when it hangs, with all that it started', async () => {
    const portFile = join(makeTempDir(), 'port');
    const listener = script(`
      import { writeFileSync } from 'node:fs';
      import { createServer } from 'node:net';
      const server = createServer().listen(0, '127.0.0.1', () => writeFileSync(process.argv[2], String(server.address().port)));`);
    const stubborn = script(`
      import { spawn } from 'node:child_process';
      spawn(process.execPath, process.argv.slice(2));
      process.on('SIGTERM', () => {});
      setInterval(() => {}, 1000);`);
    const ended = await runStep(stubborn, [listener, portFile], { limitSeconds: 2, env: process.env });
    expect(ended).toBe('ended after 2 s');
    const port = Number(readFileSync(portFile, 'utf8'));
    await waitFor('the end of what it started', () => isRefused(port));
  });
});
