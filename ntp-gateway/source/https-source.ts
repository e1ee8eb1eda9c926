/** One edge that this gateway takes its time from: what is asked of it, and what it has taught. */
import type { MonoNanos } from '#contract/time.ts';
import type { HttpsSourceConfig } from '../config.ts';
import { type Estimator, learn } from '../discipline/estimator.ts';
import { isAtLeap } from '../discipline/leap.ts';
import type { Oscillator } from '../discipline/oscillator.ts';
import type { Contributor } from '../discipline/synchronize.ts';
import { worthOf } from '../discipline/worth.ts';
import {
  type EdgeAssociation,
  type EdgeAssociationAction,
  type EdgeAssociationConfig,
  type EdgeAssociationEvent,
  newEdgeAssociation,
  reconfigureEdge,
  settleEdge,
  stepEdgeAssociation,
} from '../protocol/edge-association.ts';
import type { ServerState } from '../protocol/server-state.ts';
import type { Stepped } from '../source.ts';

export type HttpsSource = {
  /** Its origin. */
  readonly id: string;
  readonly config: HttpsSourceConfig;
  /** Until then its first word is waited for. */
  readonly patientUntil: MonoNanos;
  readonly association: EdgeAssociation;
  readonly estimator?: Estimator;
};

/** @param gateway - our own id. */
export const newHttpsSource = (config: HttpsSourceConfig, gateway: string, patientUntil: MonoNanos): HttpsSource => ({
  id: config.name,
  config,
  patientUntil,
  association: newEdgeAssociation(associationConfigOf(config, gateway)),
});

const associationConfigOf = ({ minPoll, maxPoll }: HttpsSourceConfig, gateway: string): EdgeAssociationConfig => ({
  minPoll,
  maxPoll,
  burst: false,
  gateway,
});

/** By other options from now on, of the same edge and the same key. */
export const reconfigureHttpsSource = (
  source: HttpsSource,
  config: HttpsSourceConfig,
  gateway: string,
  now: MonoNanos,
): [HttpsSource, EdgeAssociationAction[]] => {
  const [association, actions] = reconfigureEdge(source.association, associationConfigOf(config, gateway), now);
  return [{ ...source, config, association }, actions];
};

/**
 * An edge that says, signed, that it is earlier than it was has been wrong once, and nobody knows when: what it taught counts no more.
 * Nor where the pinned key was given up: somebody else may have had it for long.
 *
 * @returns an answer is measured as it is learnt.
 */
export const stepHttpsSource = (
  source: HttpsSource,
  event: EdgeAssociationEvent,
  advertised: ServerState | undefined,
  oscillator: Oscillator,
): Stepped<HttpsSource, EdgeAssociationAction> => {
  const [association, actions] = stepEdgeAssociation(source.association, event, source.config.referenceId);
  const measured = actions.find((action) => action.kind === 'measured');
  if (!measured) {
    const { estimator: _, ...forgetful } = source;
    const { reason } = association.fault ?? {};
    const kept = reason === 'went-back' || reason === 'revoked' ? forgetful : source;
    return { source: { ...kept, association }, actions };
  }
  const { measurement } = measured;
  const before = source.estimator;
  const leap = advertised?.leap;
  const estimator = isAtLeap(measurement.exchange.t3, leap) ? before : learn(before, measurement, oscillator);
  const [settled, wake] = settleEdge(association, worthOf(before, estimator, oscillator, leap), event.now);
  const taught = { ...source, association: settled, ...(estimator && { estimator }) };
  return { source: taught, actions: [...actions, ...wake], measuredAt: event.now };
};

/** @param isRecovering - all were silent, and this one has yet to be heard again. */
export const contributorOfHttps = (
  { id, config, patientUntil, association, estimator }: HttpsSource,
  now: MonoNanos,
  isRecovering: boolean,
): Contributor => ({
  id,
  referenceId: config.referenceId,
  path: id,
  voteOf: config.gatewayKey,
  lineage: [...association.lineage, id],
  options: config,
  reachable: association.reach !== 0 || isRecovering,
  pending: now < patientUntil,
  authenticated: true, // what it says is signed
  ...(estimator && { estimator }),
});
