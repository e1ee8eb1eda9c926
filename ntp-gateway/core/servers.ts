/** The servers that are asked, one by one: what they say, and who joins and leaves. */
import { refuse } from '#contract/result.ts';
import { after, type MonoNanos, type UnixNanos } from '#contract/time.ts';
import { isSmearedAt } from '../discipline/leap.ts';
import { countBadPoll, review, takeAnswer } from '../membership.ts';
import type { AssociationEvent } from '../protocol/association-event.ts';
import type { ServerState } from '../protocol/server-state.ts';
import { hasConcluded, newSource, PATIENCE, serverOf, stepSource } from '../source.ts';
import { discipline } from './line.ts';
import { onMeasured } from './measured.ts';
import { type Core, type CoreAction, type CoreEvent, clockOf, ourReferenceIds, wakeSource } from './state.ts';

type Resolution = Extract<CoreEvent, { kind: 'resolved' }>;

export const onAnswer = (core: Core, { id, addresses, now, jitter }: Resolution): [Core, CoreAction[]] => {
  const asked = core.memberships.get(id);
  if (!asked) return [core, []];
  const memberships = new Map(core.memberships).set(id, takeAnswer(asked, addresses, now, jitter));
  return reviewNames({ ...core, memberships }, now);
};

/** Who joins and who leaves, one name after the other. The line is drawn anew: who has left has no say in it. */
export const reviewNames = (core: Core, now: MonoNanos): [Core, CoreAction[]] => {
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
  const added = joining.map((one) => newSource(old.config, one, patientUntil, ourReferenceIds(core.config)));
  const sources = new Map([...core.sources, ...added.map((source) => [source.id, source] as const)]);
  for (const { id } of leaving) sources.delete(id);
  const actions: CoreAction[] = [
    ...leaving.map(({ id }) => ({ kind: 'forget', id }) as const),
    ...added.map(({ id }) => wakeSource(core, id, now)),
    ...(asks ? [{ kind: 'resolve', id: name, host: old.config.host } as const] : []),
  ];
  return [{ ...core, sources, memberships }, actions];
};

export const onSource = (core: Core, id: string, event: AssociationEvent): [Core, CoreAction[]] => {
  const old = core.sources.get(id);
  if (!old) return [core, []];
  const { leapList, leapAt, oscillator } = core;
  const isSmeared = (at: UnixNanos): boolean => isSmearedAt(at, leapList, leapAt);
  const { source, actions, measuredAt } = stepSource(
    old,
    once(core, id, event),
    advertised(core),
    oscillator,
    isSmeared,
  );
  const next = { ...core, sources: new Map(core.sources).set(id, source) };
  const own = actions.map((action): CoreAction => ({ kind: 'source', id, action }));
  const [settled, more] = measuredAt === undefined ? [next, []] : onMeasured(next, old, source, measuredAt);
  if (!hasConcluded(old, source)) return [settled, [...own, ...more]];
  const judged = countBadPoll(source, settled.selection.verdicts.get(id));
  return [{ ...settled, sources: new Map(settled.sources).set(id, judged) }, [...own, ...more]];
};

/** Two key servers may name one NTP server, which has one vote. */
const once = (core: Core, id: string, event: AssociationEvent): AssociationEvent => {
  if (event.kind !== 'keys' || !event.outcome.ok) return event;
  const { address, port } = event.outcome.value.server;
  const twin = [...core.sources.values()].find((other) => {
    const server = serverOf(other);
    return other.id !== id && server.address === address && server.port === port;
  });
  return twin ? { ...event, outcome: refuse('duplicate', `its NTP server is asked for ${twin.id}`) } : event;
};

/**
 * What tells that a server is ourselves. Orphans of one stratum all say the same, and must hear each other; who hears
 * itself then follows itself for a moment, and nobody vouches for either.
 */
const advertised = (core: Core): ServerState | undefined => {
  const clock = clockOf(core);
  return clock?.synchronized || !core.config.local?.orphan ? clock?.server : undefined;
};
