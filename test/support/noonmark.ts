/** The command `noonmark` as its users run it, from the sources. */
import { join } from 'node:path';
import { type ChildOptions, type Ran, runChild } from './child.ts';
import { findLibfaketime, required } from './peers.ts';
import { NODE, ROOT } from './root.ts';
import { makeTempDir } from './temp-dir.ts';

export const NOONMARK = join(ROOT, 'client/cli/main.ts');

/** In an environment with no edge, no proxy, and no floor from an earlier run, unless it is named. */
export const runNoonmark = (
  args: readonly string[],
  { env = {}, ...options }: ChildOptions & { readonly input?: string } = {},
): Promise<Ran> => {
  const own = { XDG_STATE_HOME: makeTempDir(), NOONMARK_URL: '', NO_PROXY: '*' };
  return runChild(NODE, [NOONMARK, ...args], { ...options, env: { ...own, ...env } });
};

/** The environment of a host whose clock is wrong by so much: "-2s", "+90m", "@1970-01-02 00:00:00". */
export const hostWrongBy = (faketime: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: required(findLibfaketime()),
  FAKETIME: faketime,
});
