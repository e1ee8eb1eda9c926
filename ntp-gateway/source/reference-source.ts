/** One clock of this host, which speaks by itself; otherwise it counts as a server does. */
import { after, type MonoNanos, nanos } from '#contract/time.ts';
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

/**
 * By another word of the operator's from now on, of the same clock. Where the one before says nothing of this one's bound, what the
 * clock said last is read anew, and what came before is forgotten.
 */
export const reconfigureReferenceSource = (
  source: ReferenceSource,
  config: ReferenceClockConfig,
  oscillator: Oscillator,
): ReferenceSource => {
  const next = { ...source, clock: { ...source.clock, config } };
  const { config: before } = source.clock;
  if (!source.estimator || !isReadOtherwise(before, config)) return next;
  const { exchange, ...newest } = source.estimator.newest;
  const told = after(exchange.t3, nanos(config.offset - before.offset));
  const read = { ...newest, exchange: { ...exchange, t2: told, t3: told }, rootDispersion: config.uncertainty };
  return { ...next, estimator: learn(undefined, read, oscillator)! }; // stamps that are those of one moment fit each other
};

export const isReadOtherwise = (before: ReferenceClockConfig, now: ReferenceClockConfig): boolean =>
  now.uncertainty > before.uncertainty || now.offset !== before.offset;

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
