/** Which Durable Object is asked for what. */
import type { Settings } from './env.ts';
import type { Bindings } from './ports.ts';
import { type Place, regionOf } from './region.ts';
import type { Keeper, Knower } from './timekeeper-object.ts';

/** One for all gateways, wherever it was first asked for. */
export const timekeeper = ({ TIMEKEEPER }: Pick<Bindings, 'TIMEKEEPER'>): Keeper =>
  TIMEKEEPER.getByName('timekeeper') as unknown as Keeper;

/** One for each region. The hint counts as it is made, and never again: so the region is its name. */
const copyNear = ({ COPIES }: Bindings, caller: Place | undefined): Knower => {
  const region = regionOf(caller);
  return COPIES.getByName(region, { locationHint: region }) as unknown as Knower;
};

/** @returns who keeps samples, and tells what is known to an isolate that a caller has come to. */
export const keeperNear = (
  { regionalCopies }: Pick<Settings, 'regionalCopies'>,
  bindings: Bindings,
  caller: Place | undefined,
): Keeper => {
  const one = timekeeper(bindings);
  if (!regionalCopies) return one;
  return {
    knowledge: () => copyNear(bindings, caller).knowledge(),
    keep: (...post) => one.keep(...post),
    log: (limit) => one.log(limit),
  };
};
