/** One line, which a screen reader reads out as it changes: only what has gone wrong, and that it is over. */
import type { Change } from '../clock.ts';
import { PROBATION_MS } from '../knowledge.ts';
import { put } from './elements.ts';
import { REFUSALS } from './refusals.ts';

/** How long it is to be seen that it is over. Answers come many in a second. */
const OVER_MS = 4_000;

/** @param now - of a clock that does not go back, in ms. @param say - in place of what stood there. */
export const openStatus = (now = () => performance.now(), say = (text: string): void => put('status', text)) => {
  let wasRefused = false;
  let standsUntil = 0;
  return (change: Change, hasTime: boolean): void => {
    if (change.kind === 'jumped') say('This device slept, or its clock was set: asking anew.');
    else if (change.kind === 'refused') {
      const isDoubt = change.reason === 'contradiction';
      const known = hasTime ? 'What is known stands, and widens as it ages.' : 'Nothing is known yet.';
      say(isDoubt ? REFUSALS[change.reason] : `${REFUSALS[change.reason]} ${known} It is asked again by itself.`);
      wasRefused = !isDoubt;
      standsUntil = isDoubt ? now() + PROBATION_MS : 0;
    } else if (now() >= standsUntil) {
      say(wasRefused ? 'The edge answers again.' : '');
      standsUntil = wasRefused ? now() + OVER_MS : 0;
      wasRefused = false;
    }
  };
};
