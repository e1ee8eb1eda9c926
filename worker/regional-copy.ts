/** What one region's copy knows: what the one object told it, and its own exchange with that object. */
import { uncertainty } from '#contract/interval.ts';
import { agreeNow } from './agreement.ts';
import { createClockName } from './clock-name.ts';
import type { Settings } from './env.ts';
import type { Knower, Knowledge, ObjectReading } from './keeper.ts';
import { readingAt } from './statement.ts';

type Told = Omit<Knowledge, keyof ObjectReading | 'askedUnixMs'>;

/** While the object fails, or tells of no time, it is asked once in so long. */
const RETRY_MS = 1_000;

/**
 * Asks no more often than an isolate would, however many ask it, and one question at a time. Where the object fails it goes
 * on with what it was told: the way to that is longer by then, and so are the intervals wider.
 *
 * @param makeName - for its clock, each time another.
 * @param clock - `Date.now`. It may run late, as that of any object.
 * @param ask - the one object. What it throws is thrown on where nothing is known.
 */
export const createCopy = (
  makeName: () => string,
  { rules, maxUncertainty, refreshMs }: Settings,
  clock: () => number,
  ask: Knower['knowledge'],
): Knower['knowledge'] => {
  const nameAt = createClockName(makeName, rules.objectLag / 1e6);
  const read = (): ObjectReading => {
    const objectUnixMs = clock();
    return { object: nameAt(objectUnixMs), objectUnixMs };
  };
  let told: Told | undefined;
  let question: { readonly unixMs: number; readonly answer: Promise<Told> } | undefined;
  let dueAfterMs = 0;

  const refresh = async (asking: ObjectReading): Promise<Told> => {
    dueAfterMs = Number.POSITIVE_INFINITY; // one question at a time
    try {
      const { object, objectUnixMs, exchanges, ...known } = await ask();
      const hearing = read();
      const [fromUnixMs, toUnixMs] = [asking.objectUnixMs, hearing.objectUnixMs];
      const ours = { clock: asking.object, fromUnixMs, toUnixMs, isLate: true };
      told = { ...known, exchanges: [{ ours, theirs: readingAt(object, objectUnixMs, true) }, ...exchanges] };
      dueAfterMs = tellsTime(told, hearing) ? refreshMs : RETRY_MS;
      return told;
    } catch (error) {
      dueAfterMs = RETRY_MS;
      throw error;
    }
  };

  const tellsTime = ({ gateways, exchanges }: Told, { object, objectUnixMs }: ObjectReading): boolean => {
    const { agreement } = agreeNow(gateways, { clock: object, isLate: true, exchanges }, objectUnixMs, rules);
    return agreement.ok && uncertainty(agreement.value, agreement.value.estimate) <= maxUncertainty;
  };

  return async () => {
    const asking = read();
    const { objectUnixMs } = asking;
    if (!question || Math.abs(objectUnixMs - question.unixMs) >= dueAfterMs)
      question = { unixMs: objectUnixMs, answer: refresh(asking) };
    const known = await question.answer.catch((error: unknown) => {
      if (!told) throw error;
      return told;
    });
    const telling = read();
    // A clock that was set is another one, and nothing leads on from it until the next answer.
    const isTied = known.exchanges[0]?.ours.clock === telling.object;
    const askedUnixMs = asking.object === telling.object ? asking.objectUnixMs : telling.objectUnixMs;
    return { ...known, exchanges: isTied ? known.exchanges : [], ...telling, askedUnixMs };
  };
};
