/** One upstream server as the gateway keeps it: what is asked of it, and what it has taught. Other kinds are in source/. */
import { type MonoNanos, seconds, type UnixNanos } from '#contract/time.ts';
import { networkOf } from './config/addresses.ts';
import type { SourceConfig } from './config.ts';
import { type Estimator, learn } from './discipline/estimator.ts';
import { isAtLeap } from './discipline/leap.ts';
import type { Oscillator } from './discipline/oscillator.ts';
import type { Contributor } from './discipline/synchronize.ts';
import { worthOf } from './discipline/worth.ts';
import {
  type Association,
  type AssociationConfig,
  newAssociation,
  reconfigureAssociation,
  settle,
  stepAssociation,
} from './protocol/association.ts';
import type { AssociationAction, AssociationEvent } from './protocol/association-event.ts';
import type { ServerState } from './protocol/server-state.ts';

/** What came of an event: the source, what is to be done and, where something was measured, when that was. */
export type Stepped<Kind, Action> = {
  readonly source: Kind;
  readonly actions: readonly Action[];
  readonly measuredAt?: MonoNanos;
};

export type Source = {
  readonly id: string;
  readonly config: SourceConfig;
  readonly address: string;
  readonly referenceId: number;
  /** The network that it stands in: sources of one share the path to it. */
  readonly path: string;
  /** Until then its first word is waited for. */
  readonly patientUntil: MonoNanos;
  readonly association: Association;
  /** At so many of its own polls in a row, up to the last, it was of no use: see `membership.ts`. */
  readonly badPolls: number;
  readonly estimator?: Estimator;
  /** Its last reply was of smeared time: nothing that it said counts until the next that is not. */
  readonly smeared?: boolean;
};

/** An address that a name gave, and the id by which our clients know it. */
export type Resolved = { readonly address: string; readonly referenceId: number };

/** How long a source that has not spoken is waited for. */
export const PATIENCE = seconds(10);

/** @param ownReferenceIds - by which servers that follow us name us, RFC 5905 §7.3. */
export const newSource = (
  config: SourceConfig,
  { address, referenceId }: Resolved,
  patientUntil: MonoNanos,
  ownReferenceIds: readonly number[],
): Source => {
  const { name, host, port } = config;
  const id = address === host ? `${address}:${port}` : `${name}:${port} (${address})`;
  const association = newAssociation(associationConfigOf(config, ownReferenceIds));
  return { id, config, address, referenceId, path: networkOf(address), patientUntil, association, badPolls: 0 };
};

const associationConfigOf = (config: SourceConfig, ownReferenceIds: readonly number[]): AssociationConfig => {
  const { minPoll, maxPoll, burst, interleaved, nts, key } = config;
  const authentication = nts ? 'nts' : key === undefined ? undefined : 'key';
  return { minPoll, maxPoll, burst, interleaved, ownReferenceIds, ...(authentication && { authentication }) };
};

/** By other options from now on, of the same server: what it has taught stays. */
export const reconfigureSource = (
  source: Source,
  config: SourceConfig,
  ownReferenceIds: readonly number[],
  now: MonoNanos,
): [Source, AssociationAction[]] => {
  const asked = associationConfigOf(config, ownReferenceIds);
  const [association, actions] = reconfigureAssociation(source.association, asked, now);
  return [{ ...source, config, association }, actions];
};

/**
 * @param isSmearedAt - whether servers that smear do so, by their clock.
 * @returns a reply is measured at its receipt.
 */
export const stepSource = (
  source: Source,
  event: AssociationEvent,
  advertised: ServerState | undefined,
  oscillator: Oscillator,
  isSmearedAt: (at: UnixNanos) => boolean,
): Stepped<Source, AssociationAction> => {
  const [association, actions] = stepAssociation(source.association, event, advertised);
  const measured = actions.find((action) => action.kind === 'measured');
  if (!measured || event.kind !== 'datagram') return { source: { ...source, association }, actions };
  const { measurement } = measured;
  const { estimator: before, smeared: _, ...others } = source;
  const leap = advertised?.leap;
  const smeared = source.config.smears === true && isSmearedAt(measurement.exchange.t3);
  const estimator = smeared
    ? undefined
    : isAtLeap(measurement.exchange.t3, leap)
      ? before
      : learn(before, measurement, oscillator, source.config.maxAsymmetry);
  const [settled, wake] = settle(association, worthOf(before, estimator, oscillator, leap));
  const taught = { ...others, association: settled, ...(estimator && { estimator }), ...(smeared && { smeared }) };
  return { source: taught, actions: [...actions, ...wake], measuredAt: event.receivedAt };
};

/** Whether this poll of it is over, or its attempt to have keys for one. */
export const hasConcluded = ({ association: before }: Source, { association: now }: Source): boolean =>
  (before.question !== undefined && now.question === undefined) ||
  (before.keys?.isExchanging === true && now.keys?.fault !== undefined && !now.keys.isExchanging);

/** Where its requests go: with NTS its key server may have named another NTP server than itself. */
export const serverOf = ({ address, referenceId, config, association }: Source): Resolved & { readonly port: number } =>
  association.keys?.agreed?.server ?? { address, referenceId, port: config.port };

/** Jumps of this host's clocks do not touch keys, and undo nothing that was counted. */
export const withRecordOf = ({ association: { keys, counters } }: Source, renewed: Source): Source => ({
  ...renewed,
  association: { ...renewed.association, counters, ...(keys && { keys }) },
});

/** @param isRecovering - all were silent, and this one has yet to be heard again. */
export const contributorOf = (source: Source, now: MonoNanos, isRecovering: boolean): Contributor => {
  const { address, referenceId } = serverOf(source);
  const { patientUntil, association, ...others } = source;
  return {
    ...others,
    referenceId,
    path: address === source.address ? source.path : networkOf(address),
    options: source.config,
    reachable: association.reach !== 0 || isRecovering,
    pending: now < patientUntil,
    authenticated: association.config.authentication !== undefined,
  };
};
