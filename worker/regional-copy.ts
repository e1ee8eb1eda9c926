/** What one region's copy knows: what the one object told it, and its own exchange with that object. */
import { uncertainty } from '#contract/interval.ts';
import { agreeNow } from './agreement.ts';
import type { Settings } from './env.ts';
import { readingAt } from './statement.ts';
import type { Knower, Knowledge } from './timekeeper-object.ts';

type Told = Omit<Knowledge, 'object' | 'objectUnixMs'>;

/** While the object fails, or tells of no time, it is asked once in so long. */
const RETRY_MS = 1_000;

/**
 * Asks no more often than an isolate would, however many ask it, and one question at a time. Where the object fails it goes
 * on with what it was told: the way to that is longer by then, and so are the intervals wider.
 *
 * @param name - of this life's clock, which may run late as that of any object.
 * @param ask - the one object. What it throws is thrown on where nothing is known.
 */
export const createCopy = (
  name: string,
  { rules, maxUncertainty, refreshMs }: Settings,
  clock: () => number,
  ask: Knower['knowledge'],
): Knower['knowledge'] => {
  let told: Told | undefined;
  let question: { readonly unixMs: number; readonly answer: Promise<Told> } | undefined;
  let dueAfterMs = 0;

  const refresh = async (fromUnixMs: number): Promise<Told> => {
    dueAfterMs = Number.POSITIVE_INFINITY; // one question at a time
    try {
      const { object, objectUnixMs, exchanges, ...known } = await ask();
      const toUnixMs = clock();
      const ours = { clock: name, fromUnixMs, toUnixMs, isLate: true };
      told = { ...known, exchanges: [{ ours, theirs: readingAt(object, objectUnixMs, true) }, ...exchanges] };
      dueAfterMs = tellsTime(told, toUnixMs) ? refreshMs : RETRY_MS;
      return told;
    } catch (error) {
      dueAfterMs = RETRY_MS;
      throw error;
    }
  };

  const tellsTime = ({ gateways, exchanges }: Told, nowUnixMs: number): boolean => {
    const { agreement } = agreeNow(gateways, { clock: name, isLate: true, exchanges }, nowUnixMs, rules);
    return agreement.ok && uncertainty(agreement.value, agreement.value.estimate) <= maxUncertainty;
  };

  return async () => {
    const nowUnixMs = clock();
    if (!question || Math.abs(nowUnixMs - question.unixMs) >= dueAfterMs)
      question = { unixMs: nowUnixMs, answer: refresh(nowUnixMs) };
    const known = await question.answer.catch((error: unknown) => {
      if (!told) throw error;
      return told;
    });
    return { ...known, object: name, objectUnixMs: clock() };
  };
};
