/** Which Durable Object is asked for what, and how long it may take. */
import type { Settings } from './env.ts';
import type { Keeper, Knower } from './keeper.ts';
import type { Bindings } from './ports.ts';
import { type Place, regionOf } from './region.ts';

/** Far more than an object needs that starts at the other end of the world. */
export const LONGEST_CALL_MS = 10_000;

/** One for all gateways, wherever it was first asked for. */
export const timekeeper = ({ TIMEKEEPER }: Pick<Bindings, 'TIMEKEEPER'>): Keeper => {
  const object = TIMEKEEPER.getByName('timekeeper') as unknown as Keeper;
  return {
    knowledge: () => inTime(object.knowledge()),
    keep: (...post) => inTime(object.keep(...post)),
    succeed: (...word) => inTime(object.succeed(...word)),
    log: (limit) => inTime(object.log(limit)),
  };
};

/** One for each region. The hint counts as it is made, and never again: so the region is its name. */
const copyNear = ({ COPIES }: Bindings, caller: Place | undefined): Knower => {
  const region = regionOf(caller);
  const copy = COPIES.getByName(region, { locationHint: region }) as unknown as Knower;
  return { knowledge: () => inTime(copy.knowledge()) };
};

/** @returns who keeps samples, and tells what is known to an isolate that a caller has come to. */
export const keeperNear = (
  { regionalCopies }: Pick<Settings, 'regionalCopies'>,
  bindings: Bindings,
  caller: Place | undefined,
): Keeper => {
  const one = timekeeper(bindings);
  return regionalCopies ? { ...one, knowledge: () => copyNear(bindings, caller).knowledge() } : one;
};

/**
 * Others wait for the same call, also when the request that made it has gone. One that is never answered is a failure like any
 * other then; the platform would end each of their requests as one that hangs.
 */
const inTime = async <Reply>(call: Promise<Reply>): Promise<Reply> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the object does not answer')), LONGEST_CALL_MS);
  try {
    return await Promise.race([call, promise]);
  } finally {
    clearTimeout(timer);
  }
};
