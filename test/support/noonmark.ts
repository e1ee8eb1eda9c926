/** The command `noonmark` as its users run it, from the sources. */
import { join } from 'node:path';
import { RFC8037 } from '../contract/example.ts';
import { type Child, type ChildOptions, type Ran, runChild, startChild } from './child.ts';
import { startTestEdge, type TestEdge } from './edge.ts';
import { findLibfaketime, required } from './peers.ts';
import { NODE, ROOT } from './root.ts';
import { makeTempDir } from './temp-dir.ts';
import { tellTime } from './told-time.ts';

export const NOONMARK = join(ROOT, 'client/cli/main.ts');

/** In an environment with no edge, no proxy, and no floor from an earlier run, unless it is named. */
export const runNoonmark = (
  args: readonly string[],
  options: ChildOptions & { readonly input?: string } = {},
): Promise<Ran> => runChild(NODE, [NOONMARK, ...args], alone(options));

export const startNoonmark = (args: readonly string[], options: ChildOptions = {}): Promise<Child> =>
  startChild(NODE, [NOONMARK, ...args], alone(options));

const alone = <Options extends ChildOptions>({ env = {}, ...options }: Options) => ({
  ...options,
  env: { XDG_STATE_HOME: makeTempDir(), NOONMARK_URL: '', NO_PROXY: '*', ...env },
});

/** The environment of a host whose clock is wrong by so much: "-2s", "+90m", "@1970-01-02 00:00:00". */
export const hostWrongBy = (faketime: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: required(findLibfaketime()),
  FAKETIME: faketime,
});

/**
 * It has been told that true time is this host's plus `shiftMs`, by a gateway that does not run. On a busy machine it hears
 * that so slowly that its limit would have it say nothing.
 */
export const startToldEdge = async (shiftMs: number): Promise<TestEdge> => {
  const vars = { GATEWAY_KEYS: JSON.stringify({ 'gw-1': RFC8037.jwk.x }), MAX_UNCERTAINTY_MS: '5000' };
  const edge = await startTestEdge(RFC8037.jwk.x, { vars });
  await fetch(`${edge.url}/samples`, { method: 'POST', body: 'nothing, so that the code is there' });
  await tellTime(edge.url, shiftMs);
  return edge;
};
