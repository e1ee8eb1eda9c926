/** What all sources say → the line that the clock follows, and what is told to whom when it changes. */
import { after, between, type MonoNanos, seconds } from '#contract/time.ts';
import { type Drawn, drawLocalLine, follow, isStep, unvouched } from '../discipline/clock.ts';
import { endOfSeason, isSmearedAt } from '../discipline/leap.ts';
import { sortOrphans } from '../discipline/orphan.ts';
import { doubted, learnt } from '../discipline/oscillator.ts';
import { isWorthKeeping, type KeptOscillator } from '../discipline/remembered.ts';
import { type Contributor, synchronize } from '../discipline/synchronize.ts';
import { contributorOfHttps } from '../source/https-source.ts';
import { contributorOfReference, newReferenceSource } from '../source/reference-source.ts';
import { contributorOf, newSource, PATIENCE, type Source, withRecordOf } from '../source.ts';
import {
  type Core,
  type CoreAction,
  clockOf,
  newHttpsSources,
  ourReferenceIds,
  raiseEpoch,
  wakeHttpsSources,
  wakePublishers,
  wakeSource,
} from './state.ts';

/** Nothing measured before a jump says anything about now: ask everyone again, in a new epoch. */
export const startOver = (core: Core, now: MonoNanos): [Core, CoreAction[]] => {
  const { line: _, vouched: __, ...others } = core;
  const oscillator = doubted(core.oscillator);
  const ours = ourReferenceIds(core.config);
  const patientUntil = after(now, PATIENCE);
  const renewed = [...core.sources].map(
    ([id, old]) => [id, withRecordOf(old, newSource(old.config, old, patientUntil, ours))] as const,
  );
  const sources = new Map(renewed);
  const referenceSources = new Map(
    [...core.referenceSources].map(([id, { clock }]) => {
      const renewed = newReferenceSource(clock.config, now);
      return [id, { ...renewed, clock: { ...renewed.clock, counters: clock.counters } }];
    }),
  );
  const httpsSources = new Map(
    [...newHttpsSources(core.config, patientUntil)].map(([id, renewed]) => {
      const { counters = {} } = core.httpsSources.get(id)?.association ?? {};
      return [id, { ...renewed, association: { ...renewed.association, counters } }];
    }),
  );
  const forgetful = { ...others, oscillator, sources, httpsSources, referenceSources, speaks: false };
  const [next, actions] = raiseEpoch(forgetful, core.epoch + 1, now);
  const asks = [...sources.keys()].map((id) => wakeSource(next, id, now));
  return [next, [...actions, ...asks, ...wakeHttpsSources(next, now)]];
};

/** From all that is known, the line at `now`. */
export const discipline = (before: Core, now: MonoNanos): [Core, CoreAction[]] => {
  const core = withoutSmeared(before);
  const { maxDrift, precision, fallback } = core.config;
  const { served, orphans, seniors } = sortOrphans(contributors(core, now), core.config);
  const draw = (sources: readonly Contributor[]) =>
    synchronize(sources, now, core.oscillator, { ...core.config, leapList: core.leapList }, core.line);
  const { selection, line, known } = draw(served);
  const verdicts = new Map([...selection.verdicts, ...orphans.map(({ id }) => [id, 'orphan'] as const)]);
  const seen = { ...core, selection: { ...selection, verdicts } };
  if (line) return keepOscillator(adopt({ ...seen, oscillator: learnt(core.oscillator, known!, now) }, line), now);
  if (isHeld(core, now) && [...selection.verdicts.values()].includes('waiting')) return [seen, []];
  const disagree = [...selection.verdicts.values()].includes('no-majority');
  if (disagree || !fallback || !core.lastLook || isStarting(core, now)) {
    return [{ ...seen, speaks: false }, []];
  }
  const leader = draw(seniors).line;
  return adopt(seen, leader ? unvouched(leader) : drawLocalLine(core.lastLook, fallback, maxDrift, precision));
};

/** That a leap second is at hand may come to be known after a server that smears was heard. */
const withoutSmeared = (core: Core): Core => {
  const spoilt = [...core.sources].flatMap(([id, { estimator, ...others }]): [string, Source][] =>
    others.config.smears && estimator && isSmearedAt(estimator.newest.exchange.t3, core.leapList, core.leapAt)
      ? [[id, { ...others, smeared: true }]]
      : [],
  );
  return spoilt.length === 0 ? core : { ...core, sources: new Map([...core.sources, ...spoilt]) };
};

/** What sources vouched for that have left holds as long as an oscillator does: who takes their place is given time to speak. */
const isHeld = ({ speaks, line, holdsUntil }: Core, now: MonoNanos): boolean =>
  speaks && line?.synchronized === true && holdsUntil !== undefined && now < holdsUntil;

const isStarting = ({ startedAt }: Core, now: MonoNanos): boolean => now < after(startedAt, PATIENCE);

const contributors = (core: Core, now: MonoNanos): readonly Contributor[] => {
  const pending = isStarting(core, now) || isHeld(core, now);
  const isRecovering = core.recoversUntil !== undefined && now < core.recoversUntil;
  const unresolved = [...core.memberships.values()].filter(({ addresses }) => addresses === undefined);
  return [
    ...[...core.sources.values()].map((source) => contributorOf(source, now, isRecovering)),
    ...[...core.httpsSources.values()].map((source) => contributorOfHttps(source, now, isRecovering)),
    ...[...core.referenceSources.values()].map((source) => contributorOfReference(source, now)),
    ...unresolved.map(({ id, config }) => ({
      id,
      referenceId: 0,
      path: '',
      reachable: false,
      pending,
      authenticated: config.nts !== undefined || config.key !== undefined,
      options: config,
    })),
  ];
};

/** What is new to the edges is published at once: the first word after a silence, and a new epoch. */
const adopt = (core: Core, drawn: Drawn): [Core, CoreAction[]] => {
  const stepped = core.line !== undefined && isStep(core.line, drawn);
  const news = core.speaks ? [] : wakePublishers(core, drawn.at);
  const [raised, actions] = stepped ? raiseEpoch(core, core.epoch + 1, drawn.at) : [core, news];
  const leapAt = drawn.leap.notice === 'none' ? undefined : endOfSeason(drawn.reading.earliest);
  const line = follow(stepped ? undefined : core.line, drawn, raised.epoch);
  const vouched = line.synchronized ? line : raised.vouched;
  return [
    { ...raised, ...(leapAt !== undefined && { leapAt }), speaks: true, line, ...(vouched && { vouched }) },
    actions,
  ];
};

/** Who is killed loses an eighth of what this run has learnt, and no more than an hour of it. */
const KEPT_AGAIN = 1 / 8;
const KEEP_AT_MOST_EVERY = seconds(60);
const KEEP_AT_LEAST_EVERY = seconds(3_600);

const keepOscillator = ([core, actions]: [Core, CoreAction[]], now: MonoNanos): [Core, CoreAction[]] => {
  const oscillator = oscillatorToKeep(core);
  const ran = between(core.startedAt, now) * KEPT_AGAIN;
  const every = Math.min(KEEP_AT_LEAST_EVERY, Math.max(KEEP_AT_MOST_EVERY, ran));
  const isEarly = between(core.oscillatorKeptAt ?? core.startedAt, now) < every;
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
