/** Hosts that a shell script reaches by ssh, each with a clock of its own, and programs that it finds there. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { hostWrongBy, NOONMARK } from './noonmark.ts';
import { NODE } from './root.ts';
import { makeTempDir } from './temp-dir.ts';

/**
 * @param clocks - by the host's name, as `hostWrongBy` takes it; empty for a right one.
 * @param programs - shell scripts by name, beside `noonmark` and `ssh`. `$HOST` says where they run.
 * @returns the environment in which the script finds them.
 */
export const pretendHosts = (
  clocks: Readonly<Record<string, string>>,
  programs: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const folder = join(makeTempDir(), 'bin');
  mkdirSync(folder);
  const wrong = Object.entries(clocks).map(([host, faketime]) => {
    const clock = faketime ? Object.entries(hostWrongBy(faketime)) : [];
    return `${host}) export HOST=${host} ${clock.map(([name, value]) => `${name}='${value}'`).join(' ')} ;;`;
  });
  const ssh = `case $1 in\n${wrong.join('\n')}\n*) exit 255 ;;\nesac\nexec sh -c "$2"`;
  const noonmark = `exec '${NODE}' '${NOONMARK}' "$@"`;
  for (const [name, text] of Object.entries({ ssh, noonmark, ...programs }))
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` };
};
