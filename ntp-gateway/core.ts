/**
 * The whole client side of the gateway as one step function: sources in, clock and samples out. No socket, no timer, no
 * dice, no `async`: a list of events is a day of this gateway's life, and the same list gives the same day again.
 */
import type { Result } from '#contract/result.ts';
import { after, between, type MonoNanos, type Nanos, seconds } from '#contract/time.ts';
import type { Config } from './config.ts';
import { type Clock, type Drawn, drawLocalLine, follow, isStep } from './discipline/clock.ts';
import { findJump, isHarmless, type Jump, type JumpReason, keepLook, type Look } from './discipline/jump.ts';
import { isExpired } from './discipline/leap.ts';
import { doubted, learnt, type Oscillator } from './discipline/oscillator.ts';
import { isWorthKeeping, type KeptOscillator, oscillatorAtStart, type Remembered } from './discipline/remembered.ts';
import type { Selection } from './discipline/selection.ts';
import { type Contributor, synchronize } from './discipline/synchronize.ts';
import { countBadPoll, type Membership, newMembership, review, takeAnswer } from './membership.ts';
import type { AssociationAction, AssociationEvent } from './protocol/association.ts';
import type { ReferenceClockAction, ReferenceClockEvent } from './protocol/reference-clock.ts';
import {
  newPublisher,
  type Publisher,
  type PublisherAction,
  type PublisherEvent,
  stepPublisher,
} from './publish/publisher.ts';
import {
  contributorOf,
  contributorOfReference,
  hasConcluded,
  newReferenceSource,
  newSource,
  PATIENCE,
  type ReferenceSource,
  type Resolved,
  type Source,
  stepReferenceSource,
  stepSource,
} from './source.ts';
import type { LeapList } from './wire/leap-list.ts';

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
  /** By name, which is their id. */
  readonly referenceSources: ReadonlyMap<string, ReferenceSource>;
  readonly selection: Selection;
  /** The last line drawn. `speaks` says whether it still stands: false without a majority. */
  readonly line?: Clock;
  readonly speaks: boolean;
  /** What is assumed and known of this host's oscillator: by an earlier run, and by a majority of the sources. */
  readonly oscillator: Oscillator;
  readonly publishers: ReadonlyMap<string, Publisher>;
  readonly lastLook?: Look;
  /** How often a clock of this host was seen to jump, by reason, and how it did last. */
  readonly jumps: Readonly<Partial<Record<JumpReason, number>>>;
  readonly lastJump?: Jump;
  /** When what this run knows of it was last kept. */
  readonly oscillatorKeptAt?: MonoNanos;
  /** The last one that could be read, and what was wrong with the file since. */
  readonly leapList?: LeapList;
  readonly leapFault?: string;
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
  | { readonly kind: 'reference-clock'; readonly id: string; readonly event: ReferenceClockEvent }
  | { readonly kind: 'edge'; readonly origin: string; readonly event: PublisherEvent };

export type CoreAction =
  | { readonly kind: 'source'; readonly id: string; readonly action: AssociationAction }
  | { readonly kind: 'reference-clock'; readonly id: string; readonly action: ReferenceClockAction }
  | { readonly kind: 'edge'; readonly origin: string; readonly action: PublisherAction }
  /** Answered by `resolved`, whatever comes of it. */
  | { readonly kind: 'resolve'; readonly id: string; readonly host: string }
  /** The source is gone: no timer of it is to fire, no socket to listen. */
  | { readonly kind: 'forget'; readonly id: string }
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
    referenceSources: new Map(clocks.map((clock) => [clock.name, newReferenceSource(clock, now)])),
    oscillator,
    publishers,
  };
  return [{ ...core, selection: { verdicts: new Map() }, speaks: false, jumps: {} }, wakePublishers(core, now)];
};

/** The clock as far as it may be spoken of. */
export const clockOf = ({ line, speaks }: Core): Clock | undefined => (speaks ? line : undefined);

/** By our own clock: a host whose wall clock is wrong must not be told that its file is. */
export const isLeapListExpired = ({ leapList, line }: Core): boolean =>
  leapList !== undefined && line !== undefined && isExpired(leapList, line.reading.latest);

export const step = (core: Core, event: CoreEvent): [Core, CoreAction[]] => {
  switch (event.kind) {
    case 'look': {
      const { kind: _, ...look } = event;
      return onLook(core, look);
    }
    case 'tick':
      return reviewNames(core, event.now);
    case 'resolved':
      return onAnswer(core, event);
    case 'leap-file':
      return [keepLeapList(core, event.read), []];
    case 'source':
      return onSource(core, event.id, event.event);
    case 'reference-clock':
      return onReferenceClock(core, event.id, event.event);
    case 'edge':
      return onEdge(core, event.origin, event.event);
  }
};

const onLook = (core: Core, look: Look): [Core, CoreAction[]] => {
  const seen = { ...core, lastLook: keepLook(core.lastLook, look) };
  const lastJump = core.lastLook && findJump(core.lastLook, look);
  if (!lastJump) return [seen, []];
  const { reason } = lastJump;
  const counted = { ...seen, lastJump, jumps: { ...core.jumps, [reason]: (core.jumps[reason] ?? 0) + 1 } };
  return isHarmless(lastJump) ? [counted, []] : startOver(counted, look.now);
};

const keepLeapList = ({ leapFault: _, ...core }: Core, read: Result<LeapList, string>): Core =>
  read.ok ? { ...core, leapList: read.value } : { ...core, leapFault: read.detail ?? read.reason };

/** Nothing measured before a jump says anything about now: ask everyone again, in a new epoch. */
const startOver = (core: Core, now: MonoNanos): [Core, CoreAction[]] => {
  const { line: _, ...others } = core;
  const oscillator = doubted(core.oscillator);
  const { ownReferenceIds } = core.config;
  const patientUntil = after(now, PATIENCE);
  const renewed = [...core.sources].map(
    ([id, old]) => [id, newSource(old.config, old, patientUntil, ownReferenceIds)] as const,
  );
  const sources = new Map(renewed);
  const referenceSources = new Map(
    [...core.referenceSources].map(([id, { clock }]) => [id, newReferenceSource(clock.config, now)]),
  );
  const forgetful = { ...others, oscillator, sources, referenceSources, speaks: false };
  const [next, actions] = raiseEpoch(forgetful, core.epoch + 1, now);
  return [next, [...actions, ...[...sources.keys()].map((id) => wakeSource(id, now))]];
};

type Resolution = Extract<CoreEvent, { kind: 'resolved' }>;

const onAnswer = (core: Core, { id, addresses, now, jitter }: Resolution): [Core, CoreAction[]] => {
  const asked = core.memberships.get(id);
  if (!asked) return [core, []];
  const memberships = new Map(core.memberships).set(id, takeAnswer(asked, addresses, now, jitter));
  return reviewNames({ ...core, memberships }, now);
};

/** Who joins and who leaves, one name after the other. The line is drawn anew: who has left has no say in it. */
const reviewNames = (core: Core, now: MonoNanos): [Core, CoreAction[]] => {
  const actions: CoreAction[] = [];
  let reviewed = core;
  for (const name of core.memberships.keys()) {
    const [next, own] = reviewName(reviewed, name, now);
    reviewed = next;
    actions.push(...own);
  }
  const [disciplined, more] = discipline(reviewed, now);
  return [disciplined, [...actions, ...more]];
};

const reviewName = (core: Core, name: string, now: MonoNanos): [Core, CoreAction[]] => {
  const { selection } = core;
  const old = core.memberships.get(name)!;
  const { membership, joining, leaving, asks } = review(old, [...core.sources.values()], selection.verdicts, now);
  const memberships = new Map(core.memberships).set(name, membership);
  // Where others agree already, a newcomer must not silence the clock by letting itself be waited for.
  const patientUntil = selection.majority ? now : after(now, PATIENCE);
  const added = joining.map((one) => newSource(old.config, one, patientUntil, core.config.ownReferenceIds));
  const sources = new Map([...core.sources, ...added.map((source) => [source.id, source] as const)]);
  for (const { id } of leaving) sources.delete(id);
  const actions: CoreAction[] = [
    ...leaving.map(({ id }) => ({ kind: 'forget', id }) as const),
    ...added.map(({ id }) => wakeSource(id, now)),
    ...(asks ? [{ kind: 'resolve', id: name, host: old.config.host } as const] : []),
  ];
  return [{ ...core, sources, memberships }, actions];
};

const onSource = (core: Core, id: string, event: AssociationEvent): [Core, CoreAction[]] => {
  const old = core.sources.get(id);
  if (!old) return [core, []];
  const { source, actions, measuredAt } = stepSource(old, event, clockOf(core)?.server, core.oscillator);
  const next = { ...core, sources: new Map(core.sources).set(id, source) };
  const own = actions.map((action): CoreAction => ({ kind: 'source', id, action }));
  const [settled, more] = measuredAt === undefined ? [next, []] : discipline(next, measuredAt);
  if (!hasConcluded(old, source)) return [settled, [...own, ...more]];
  const judged = countBadPoll(source, settled.selection.verdicts.get(id));
  return [{ ...settled, sources: new Map(settled.sources).set(id, judged) }, [...own, ...more]];
};

const onReferenceClock = (core: Core, id: string, event: ReferenceClockEvent): [Core, CoreAction[]] => {
  const old = core.referenceSources.get(id);
  if (!old) return [core, []];
  const { source, actions, measuredAt } = stepReferenceSource(old, event, clockOf(core)?.server, core.oscillator);
  const next = { ...core, referenceSources: new Map(core.referenceSources).set(id, source) };
  const own = actions.map((action): CoreAction => ({ kind: 'reference-clock', id, action }));
  if (measuredAt === undefined) return [next, own];
  const [disciplined, more] = discipline(next, measuredAt);
  return [disciplined, [...own, ...more]];
};

const onEdge = (core: Core, origin: string, event: PublisherEvent): [Core, CoreAction[]] => {
  const publisher = core.publishers.get(origin);
  const edge = core.config.publish.find((one) => one.origin === origin);
  if (!publisher || !edge) return [core, []];
  const config = { gateway: core.config.id, origin, interval: edge.interval };
  const [stepped, actions] = stepPublisher(publisher, event, clockOf(core), config);
  const next = { ...core, publishers: new Map(core.publishers).set(origin, stepped) };
  const own = actions.map((action): CoreAction => ({ kind: 'edge', origin, action }));
  const above = actions.find((action) => action.kind === 'raise-epoch')?.above;
  if (above === undefined || !('at' in event)) return [next, own];
  const [raised, more] = raiseEpoch(next, Math.max(above, core.epoch) + 1, event.at);
  return [raised, [...more, ...own]]; // its own wait last: an edge that always answers 409 must not make us spin
};

/** From all that is known, the line at `now`. */
const discipline = (core: Core, now: MonoNanos): [Core, CoreAction[]] => {
  const { maxDrift, precision, fallback } = core.config;
  const { selection, line, known } = synchronize(
    contributors(core, now),
    now,
    core.oscillator,
    { ...core.config, leapList: core.leapList },
    core.line,
  );
  const seen = { ...core, selection };
  if (line) return keepOscillator(adopt({ ...seen, oscillator: learnt(core.oscillator, known!, now) }, line), now);
  const disagree = [...selection.verdicts.values()].includes('no-majority');
  if (disagree || !fallback || !core.lastLook || isStarting(core, now)) {
    return [{ ...seen, speaks: false }, []];
  }
  return adopt(seen, drawLocalLine(core.lastLook, fallback, maxDrift, precision));
};

const isStarting = ({ startedAt }: Core, now: MonoNanos): boolean => now < after(startedAt, PATIENCE);

const contributors = (core: Core, now: MonoNanos): readonly Contributor[] => {
  const pending = isStarting(core, now);
  const unresolved = [...core.memberships.values()].filter(({ addresses }) => addresses === undefined);
  return [
    ...[...core.sources.values()].map((source) => contributorOf(source, now)),
    ...[...core.referenceSources.values()].map((source) => contributorOfReference(source, now)),
    ...unresolved.map(({ id, config }) => ({
      id,
      referenceId: 0,
      path: '',
      reachable: false,
      pending,
      options: config,
    })),
  ];
};

/** What is new to the edges is published at once: the first word after a silence, and a new epoch. */
const adopt = (core: Core, drawn: Drawn): [Core, CoreAction[]] => {
  const stepped = core.line !== undefined && isStep(core.line, drawn);
  const news = core.speaks ? [] : wakePublishers(core, drawn.at);
  const [raised, actions] = stepped ? raiseEpoch(core, core.epoch + 1, drawn.at) : [core, news];
  return [{ ...raised, speaks: true, line: follow(stepped ? undefined : core.line, drawn, raised.epoch) }, actions];
};

const KEEP_OSCILLATOR_EVERY = seconds(3_600);

const keepOscillator = ([core, actions]: [Core, CoreAction[]], now: MonoNanos): [Core, CoreAction[]] => {
  const oscillator = oscillatorToKeep(core);
  const isEarly = between(core.oscillatorKeptAt ?? core.startedAt, now) < KEEP_OSCILLATOR_EVERY;
  if (!oscillator || isEarly) return [core, actions];
  return [{ ...core, oscillatorKeptAt: now }, [...actions, { kind: 'keep-oscillator', oscillator }]];
};

/** What the next start had better know; undefined where that is too little. */
export const oscillatorToKeep = (core: Core): KeptOscillator | undefined => {
  const clock = clockOf(core);
  if (!clock?.synchronized || !core.lastLook || !isWorthKeeping(clock.frequencyBounds)) return undefined;
  const { frequency, frequencyBounds, wander } = clock;
  return { look: core.lastLook, frequency, frequencyBounds, wander };
};

const raiseEpoch = (core: Core, epoch: number, now: MonoNanos): [Core, CoreAction[]] => [
  { ...core, epoch, ...(core.line && { line: { ...core.line, epoch } }) },
  [{ kind: 'keep-epoch', epoch }, ...wakePublishers(core, now)],
];

const wakeSource = (id: string, at: MonoNanos): CoreAction => ({ kind: 'source', id, action: { kind: 'wake', at } });
const wakePublishers = ({ publishers }: Pick<Core, 'publishers'>, at: MonoNanos): CoreAction[] =>
  [...publishers.keys()].map((origin) => ({ kind: 'edge', origin, action: { kind: 'wake', at } }));
