/** One clock of this host, which speaks by itself; otherwise it counts as a server does. */
import { after, type MonoNanos } from '#contract/time.ts';
import type { ReferenceClockConfig } from '../config.ts';
import { learn } from '../discipline/estimator.ts';
import { isAtLeap } from '../discipline/leap.ts';
import type { Oscillator } from '../discipline/oscillator.ts';
import type { Contributor } from '../discipline/synchronize.ts';
import {
  newReferenceClock,
  type ReferenceClock,
  type ReferenceClockAction,
  type ReferenceClockEvent,
  stepReferenceClock,
} from '../protocol/reference-clock.ts';
import type { ServerState } from '../protocol/server-state.ts';
import { PATIENCE, type Source, type Stepped } from '../source.ts';

export type ReferenceSource = Pick<Source, 'patientUntil' | 'estimator'> & { readonly clock: ReferenceClock };

export const newReferenceSource = (config: ReferenceClockConfig, now: MonoNanos): ReferenceSource => ({
  patientUntil: after(now, PATIENCE),
  clock: newReferenceClock(config, now),
});

/** @returns nothing in it is to be done. */
export const stepReferenceSource = (
  source: ReferenceSource,
  event: ReferenceClockEvent,
  advertised: ServerState | undefined,
  oscillator: Oscillator,
): Stepped<ReferenceSource, ReferenceClockAction> => {
  const [clock, actions] = stepReferenceClock(source.clock, event);
  const measured = actions.flatMap((action) => (action.kind === 'measured' ? [action.measurement] : []));
  if (measured.length === 0) return { source: { ...source, clock }, actions };
  const estimator = measured
    .filter(({ exchange }) => !isAtLeap(exchange.t3, advertised?.leap))
    .reduce((before, one) => learn(before, one, oscillator), source.estimator);
  return { source: { ...source, clock, ...(estimator && { estimator }) }, actions, measuredAt: event.now };
};

export const contributorOfReference = (
  { patientUntil, clock, ...source }: ReferenceSource,
  now: MonoNanos,
): Contributor => ({
  ...source,
  id: clock.config.name,
  referenceId: clock.config.referenceId,
  path: clock.config.name,
  options: clock.config,
  reachable: clock.reach !== 0,
  pending: now < patientUntil,
  authenticated: true, // it is a part of this host
});
