/** The caller's command as its users run it. */
import { join } from 'node:path';
import { type ChildOptions, type Ran, runChild } from './child.ts';
import { findLibfaketime, required } from './peers.ts';
import { NODE, ROOT } from './root.ts';

export const NOONMARK = join(ROOT, 'client/cli/main.ts');

export const runNoonmark = (
  args: readonly string[],
  options: ChildOptions & { readonly input?: string } = {},
): Promise<Ran> => runChild(NODE, [NOONMARK, ...args], options);

/** The environment of a host whose clock is wrong by so much: "-2s", "+90m", "@1970-01-02 00:00:00". */
export const hostWrongBy = (faketime: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: required(findLibfaketime()),
  FAKETIME: faketime,
});
