/** `noonmark skew`: how far this host's clock is off, for people and for monitoring. */
import { type AskOptions, askEdge, readEdge } from './ask.ts';
import { skewJson, skewText } from './instant.ts';
import { print } from './output.ts';
import { refusalText } from './refusals.ts';
import { type Limits, performanceData, STATES, type State, stateOf } from './skew-state.ts';
import { asking, paint, showProgress } from './terminal.ts';

const COLOURS = { OK: 'green', WARNING: 'yellow', CRITICAL: 'red', UNKNOWN: 'yellow' } as const;

export const skew = async (url: URL, options: AskOptions & Limits & { readonly json?: true }): Promise<void> => {
  const say = (state: State, text: string, json: object, data = ''): void => {
    const line = `${paint(COLOURS[state], `NOONMARK ${state}`)} - ${text}${data && ` | ${data}`}`;
    print(options.json ? JSON.stringify({ state, edge: url.origin, ...json }, null, 2) : line);
    process.exitCode = STATES.indexOf(state);
  };

  const asked = await showProgress(asking(url.origin), askEdge(url, options));
  const known = asked.ok ? readEdge(asked.value) : asked;
  if (asked.ok) asked.value.close();
  if (!known.ok) {
    const { reason, detail } = known;
    return say('UNKNOWN', `${url.origin}: ${refusalText(known)}`, { refusal: reason, detail });
  }
  const { skew, isSynchronized, verified } = known.value;
  const told = { ...skewJson(skew), synchronized: isSynchronized, verified: verified !== undefined };
  if (!isSynchronized) return say('UNKNOWN', `${url.origin} is not synchronized`, told);
  const state = stateOf(skew, options);
  const doubt = state === 'UNKNOWN' ? ', too uncertain for --warn' : '';
  const text = `this host is ${skewText(skew)}${doubt}, by ${url.origin}`;
  say(state, text, told, performanceData(skew, options));
};
