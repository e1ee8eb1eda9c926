/** Gateways that signed what they should not have, as the object keeps them: longer than it lives, since it is often put away. */
import type { TimeSample } from '#contract/time-sample.ts';
import { comesAfter, type Place, type Suspicion } from './timekeeper.ts';

/** The newest sample of a gateway that was refused and logged; and why, until one of it is kept. */
type Suspect = Place & { readonly suspicion?: Suspicion };

/** @param under - of each gateway, the public key that what it has said is kept under. */
export const openSuspects = (kv: SyncKvStorage, under: ReadonlyMap<string, string>) => {
  const nameOf = (gateway: string): string => `suspect 1 ${gateway} ${under.get(gateway)}`;
  const suspects = new Map<string, Suspect>();
  for (const gateway of under.keys()) {
    const suspect = kv.get<Suspect>(nameOf(gateway));
    if (suspect) suspects.set(gateway, suspect);
  }
  const put = (gateway: string, suspect: Suspect): void => {
    suspects.set(gateway, suspect);
    kv.put(nameOf(gateway), suspect);
  };

  return {
    suspicions: (): ReadonlyMap<string, Suspicion> =>
      new Map([...suspects].flatMap(([gateway, { suspicion }]) => (suspicion ? [[gateway, suspicion]] : []))),

    /**
     * Anybody can read refused samples in the log and hand them in again: copies must not push evidence out of it.
     *
     * @param sample - of a gateway that the settings name.
     * @returns whether it is to be logged.
     */
    accuse: ({ gateway, epoch, sequence }: TimeSample, suspicion: Suspicion): boolean => {
      const before = suspects.get(gateway);
      if (before && !comesAfter({ epoch, sequence }, before)) return false;
      put(gateway, { epoch, sequence, suspicion });
      return true;
    },

    clear: (gateway: string): void => {
      const { suspicion, ...place } = suspects.get(gateway) ?? {};
      if (suspicion) put(gateway, place as Place);
    },
  };
};
