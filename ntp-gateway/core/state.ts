/** All that the gateway's client side knows, what happens to it, and what it wants done. */
import type { Result } from '#contract/result.ts';
import { after, type MonoNanos, type Nanos, type UnixNanos } from '#contract/time.ts';
import { edgeReferenceId } from '../config/edge-reference-id.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../discipline/clock.ts';
import type { Jump, JumpReason, Look } from '../discipline/jump.ts';
import { isExpired } from '../discipline/leap.ts';
import type { Oscillator } from '../discipline/oscillator.ts';
import { type KeptOscillator, oscillatorAtStart, type Remembered } from '../discipline/remembered.ts';
import type { Selection } from '../discipline/selection.ts';
import { type Membership, newMembership } from '../membership.ts';
import type { AssociationAction, AssociationEvent } from '../protocol/association-event.ts';
import type { EdgeAssociationAction, EdgeAssociationEvent } from '../protocol/edge-association.ts';
import type { ReferenceClockAction, ReferenceClockEvent } from '../protocol/reference-clock.ts';
import type { EdgeCheck, EdgeCheckAction, EdgeCheckEvent } from '../publish/edge-check.ts';
import { newPublisher, type Publisher, type PublisherAction, type PublisherEvent } from '../publish/publisher.ts';
import { type HttpsSource, newHttpsSource } from '../source/https-source.ts';
import { newReferenceSource, type ReferenceSource } from '../source/reference-source.ts';
import { PATIENCE, type Resolved, type Source } from '../source.ts';
import type { LeapList } from '../wire/leap-list.ts';

/** Stands in recordings, which people hand on: no secret may stand in it. */
export type CoreConfig = Config & {
  /** log2 s of one reading of the oscillator. */
  readonly precision: number;
  /** By which servers that follow us name us, RFC 5905 §7.3. */
  readonly ownReferenceIds: readonly number[];
  /** Speak of the host's clock, marked, when no source answers. */
  readonly fallback?: { readonly stratum: number; readonly uncertainty: Nanos };
};

export type Core = {
  readonly config: CoreConfig;
  readonly startedAt: MonoNanos;
  readonly epoch: number;
  readonly sources: ReadonlyMap<string, Source>;
  /** One for each source in the configuration, by its name and port. */
  readonly memberships: ReadonlyMap<string, Membership>;
  /** By origin, which is their id. */
  readonly httpsSources: ReadonlyMap<string, HttpsSource>;
  /** By name, which is their id. */
  readonly referenceSources: ReadonlyMap<string, ReferenceSource>;
  readonly selection: Selection;
  /** The last line drawn. `speaks` says whether it still stands: false without a majority. */
  readonly line?: Clock;
  readonly speaks: boolean;
  /** The last line that sources vouched for, since the last jump: after an outage `line` may be the host's own clock. */
  readonly vouched?: Clock;
  /** After an outage: until then who is still silent keeps its vote, or whoever answers first would decide alone. */
  readonly recoversUntil?: MonoNanos;
  /** After new sources were configured: until then the line so far stands while they are waited for. */
  readonly holdsUntil?: MonoNanos;
  /** When all were last asked out of turn. */
  readonly askedAllAt?: MonoNanos;
  /** What is assumed and known of this host's oscillator: by an earlier run, and by a majority of the sources. */
  readonly oscillator: Oscillator;
  readonly publishers: ReadonlyMap<string, Publisher>;
  /** By origin too: of those that have taken a sample. */
  readonly checks: ReadonlyMap<string, EdgeCheck>;
  /** Of edges that were taken out of the configuration, whose chains go on if they come back. */
  readonly retired: ReadonlyMap<string, Publisher>;
  readonly lastLook?: Look;
  /** How often a clock of this host was seen to jump, by reason, and how it did last. */
  readonly jumps: Readonly<Partial<Record<JumpReason, number>>>;
  readonly lastJump?: Jump;
  /** When what this run knows of it was last kept. */
  readonly oscillatorKeptAt?: MonoNanos;
  /** The last one that could be read, and what was wrong with the file since. */
  readonly leapList?: LeapList;
  readonly leapFault?: string;
  /** After which second another leap second was last announced, by whomever. */
  readonly leapAt?: UnixNanos;
};

export type CoreEvent =
  /** The host's clocks read together: before every other event. */
  | ({ readonly kind: 'look' } & Look)
  /** Once a second. */
  | { readonly kind: 'tick'; readonly now: MonoNanos }
  /** A name's addresses; none where it does not resolve. `id` is its membership's, `jitter` uniform in [0, 1). */
  | {
      readonly kind: 'resolved';
      readonly id: string;
      readonly now: MonoNanos;
      readonly jitter: number;
      readonly addresses: readonly Resolved[];
    }
  | { readonly kind: 'leap-file'; readonly read: Result<LeapList, string> }
  | { readonly kind: 'source'; readonly id: string; readonly event: AssociationEvent }
  | { readonly kind: 'https-source'; readonly id: string; readonly event: EdgeAssociationEvent }
  | { readonly kind: 'reference-clock'; readonly id: string; readonly event: ReferenceClockEvent }
  | { readonly kind: 'edge'; readonly origin: string; readonly event: PublisherEvent }
  | { readonly kind: 'check'; readonly origin: string; readonly event: EdgeCheckEvent }
  /** Samples are signed by another key from now on. */
  | { readonly kind: 'new-key'; readonly now: MonoNanos }
  /** The operator has written another configuration. `id` and `precision` are as before. */
  | { readonly kind: 'configured'; readonly now: MonoNanos; readonly config: CoreConfig };

export type CoreAction =
  | { readonly kind: 'source'; readonly id: string; readonly action: AssociationAction }
  | { readonly kind: 'https-source'; readonly id: string; readonly action: EdgeAssociationAction }
  | { readonly kind: 'reference-clock'; readonly id: string; readonly action: ReferenceClockAction }
  | { readonly kind: 'edge'; readonly origin: string; readonly action: PublisherAction }
  | { readonly kind: 'check'; readonly origin: string; readonly action: EdgeCheckAction }
  /** Answered by `resolved`, whatever comes of it. */
  | { readonly kind: 'resolve'; readonly id: string; readonly host: string }
  /** The source is gone: no timer of it is to fire, no socket to listen, and nothing it was asked is to be answered. */
  | { readonly kind: 'forget'; readonly id: string }
  /** Likewise. */
  | { readonly kind: 'forget-edge'; readonly origin: string }
  /** An edge has been believed, and so much time has passed: it may not say less any more. */
  | { readonly kind: 'raise-floor'; readonly id: string; readonly to: UnixNanos }
  /** To be on disk before anything is signed in it. */
  | { readonly kind: 'keep-epoch'; readonly epoch: number }
  /** For the next start to remember. */
  | { readonly kind: 'keep-oscillator'; readonly oscillator: KeptOscillator };

export const newCore = (
  config: CoreConfig,
  epoch: number,
  now: MonoNanos,
  remembered?: Remembered,
): [Core, CoreAction[]] => {
  const publishers = new Map(config.publish.map(({ origin }) => [origin, newPublisher(epoch)]));
  const memberships = new Map(config.sources.map((one) => newMembership(one, now)).map((one) => [one.id, one]));
  const clocks = config.referenceClocks ?? [];
  const oscillator = oscillatorAtStart(remembered, config.maxDrift);
  const core = {
    config,
    startedAt: now,
    epoch,
    sources: new Map(),
    memberships,
    httpsSources: newHttpsSources(config, after(now, PATIENCE)),
    referenceSources: new Map(clocks.map((clock) => [clock.name, newReferenceSource(clock, now)])),
    oscillator,
    publishers,
    checks: new Map(),
    retired: new Map(),
  };
  const wakes = [...wakeHttpsSources(core, now), ...wakePublishers(core, now)];
  return [{ ...core, selection: { verdicts: new Map() }, speaks: false, jumps: {} }, wakes];
};

/** By which servers name us that follow us, or an edge that we publish to. */
export const ourReferenceIds = ({ ownReferenceIds, publish }: CoreConfig): readonly number[] => [
  ...ownReferenceIds,
  ...publish.map(({ origin }) => edgeReferenceId(origin)),
];

/** As they are before the first has answered. */
export const newHttpsSources = ({ id, httpsSources = [] }: CoreConfig, patientUntil: MonoNanos): Core['httpsSources'] =>
  new Map(httpsSources.map((config) => [config.name, newHttpsSource(config, id, patientUntil)]));

/** The clock as far as it may be spoken of. */
export const clockOf = ({ line, speaks }: Core): Clock | undefined => (speaks ? line : undefined);

/** By our own clock: a host whose wall clock is wrong must not be told that its file is. */
export const isLeapListExpired = ({ leapList, line }: Core): boolean =>
  leapList !== undefined && line !== undefined && isExpired(leapList, line.reading.latest);

export const wakeSource = ({ httpsSources }: Pick<Core, 'httpsSources'>, id: string, at: MonoNanos): CoreAction => ({
  kind: httpsSources.has(id) ? 'https-source' : 'source',
  id,
  action: { kind: 'wake', at },
});
export const wakeHttpsSources = (core: Pick<Core, 'httpsSources'>, at: MonoNanos): CoreAction[] =>
  [...core.httpsSources.keys()].map((id) => wakeSource(core, id, at));
export const wakePublisher = (origin: string, at: MonoNanos): CoreAction => ({
  kind: 'edge',
  origin,
  action: { kind: 'wake', at },
});
export const wakePublishers = ({ publishers }: Pick<Core, 'publishers'>, at: MonoNanos): CoreAction[] =>
  [...publishers.keys()].map((origin) => wakePublisher(origin, at));

/** Nothing signed before it counts at the edges any more. */
export const raiseEpoch = (core: Core, epoch: number, now: MonoNanos): [Core, CoreAction[]] => [
  { ...core, epoch, ...(core.line && { line: { ...core.line, epoch } }) },
  [{ kind: 'keep-epoch', epoch }, ...wakePublishers(core, now)],
];
