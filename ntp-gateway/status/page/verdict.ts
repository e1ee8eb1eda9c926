/** Whether time is good, and why, in words: the first that an operator reads. */
import type { Sources } from '../sources.ts';
import type { Status } from '../status.ts';
import { boundText, fastText, plural } from './figures.ts';

/** `open`: not known yet. */
export type Mark = 'good' | 'bad' | 'open';
export type Verdict = { readonly mark: Mark; readonly headline: string; readonly why: string };

/** By which the field knows a local clock: the host's own. */
const LOCAL_REFERENCE = '7f7f0101';
/** Beyond it nothing is served: discipline/selection.ts. */
const MOST_MS = 1_500;
/** So long after its start nobody wonders that a gateway knows nothing yet. */
const STARTING_S = 20;

export const verdictOf = (status: Status, sources: Sources): Verdict => {
  const { clock, synchronized, uptimeSeconds } = status;
  if (clock && synchronized) {
    const { uncertaintyMs, sourcesSelected: agreeing, sourcesTotal: all, hostOffsetMs = 0 } = clock;
    const against = whoElse(sources);
    return {
      mark: 'good',
      headline: `Time is good, to within ${boundText(uncertaintyMs)}`,
      why: `${agreeing} of ${plural(all, 'source')} ${agreeing === 1 ? 'agrees' : 'agree'}${against}. This host’s own clock is ${fastText(hostOffsetMs)}.`,
    };
  }
  if (clock?.referenceId === LOCAL_REFERENCE)
    return {
      mark: 'bad',
      headline: 'Not synchronized: this is the host’s own clock',
      why: `No source tells the time, and what is told is marked so. ${tally(sources)}`,
    };
  if (clock && clock.uncertaintyMs > MOST_MS)
    return {
      mark: 'bad',
      headline: `Not served: the time is known to within ${boundText(clock.uncertaintyMs)} alone`,
      why: `What is wider than 1.5 s is not told. ${tally(sources)}`,
    };
  if (clock) return { mark: 'bad', headline: 'Not synchronized', why: tally(sources) };
  if (uptimeSeconds < STARTING_S && sources.some(({ state }) => state === 'waiting'))
    return { mark: 'open', headline: 'Not known yet', why: `The gateway has just started. ${tally(sources)}` };
  const isSplit = sources.some(({ state }) => state === 'no-majority');
  return {
    mark: 'bad',
    headline: isSplit ? 'Not known: the sources contradict each other' : 'Not known: no source tells the time',
    why: `Nothing is told until that changes. ${tally(sources)}`,
  };
};

const whoElse = (sources: Sources): string => {
  const liars = sources.filter(({ state }) => state === 'falseticker').map(({ id }) => id);
  return liars.length === 0 ? '' : `; outvoted: ${liars.join(', ')}`;
};

/** "2 unreachable, 1 waiting." */
const tally = (sources: Sources): string => {
  const states = Map.groupBy(sources, ({ state }) => state);
  if (states.size === 0) return 'There are no sources in the configuration.';
  return `Sources: ${[...states].map(([state, some]) => `${some.length} ${state}`).join(', ')}.`;
};
