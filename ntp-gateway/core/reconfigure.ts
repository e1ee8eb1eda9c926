/**
 * The operator has changed the configuration. What he left as it was goes on: the clock's line, what the sources have taught, the
 * chains of signed samples. What he took out is forgotten, and what is new is asked at once.
 */
import { after, type MonoNanos } from '#contract/time.ts';
import { doubted } from '../discipline/oscillator.ts';
import { type Membership, newMembership } from '../membership.ts';
import { type HttpsSource, newHttpsSource, reconfigureHttpsSource } from '../source/https-source.ts';
import { newReferenceSource, reconfigureReferenceSource } from '../source/reference-source.ts';
import { PATIENCE, reconfigureSource, type Source } from '../source.ts';
import { followPublishers } from './publishers.ts';
import { reviewNames } from './servers.ts';
import { type Core, type CoreAction, type CoreConfig, ourReferenceIds } from './state.ts';
import { isSame, isSameServer, isWordWithdrawn, proveAllAnew, withoutVote } from './withdrawn.ts';

export const reconfigure = (core: Core, config: CoreConfig, now: MonoNanos): [Core, CoreAction[]] => {
  const servers = followServers(core, config, now);
  const edges = followHttpsSources(core, config, now);
  const clocks = followReferenceClocks(core, config, now);
  const { actions: published, ...edgesTold } = followPublishers(core, config, now);

  const isWithdrawn = isWordWithdrawn(core, config);
  const kept = {
    memberships: servers.memberships,
    sources: servers.sources,
    httpsSources: edges.httpsSources,
    referenceSources: clocks.referenceSources,
  };
  const silenced = [...servers.gone, ...edges.gone, ...clocks.gone, ...withoutVote(core, kept)];
  const asksForProof = config.requireNts === true && !core.config.requireNts;
  // What a majority found of the oscillator, in which one of those had a say, is only likely now.
  const hadSay = asksForProof || silenced.some((id) => core.selection.verdicts.get(id) === 'selected');
  const known = isWithdrawn || hadSay ? doubted(core.oscillator) : core.oscillator;
  const isAnyNew = servers.isAnyNew || edges.isAnyNew || clocks.isAnyNew;
  // What the sources so far agreed on may not be enough any more.
  const isStricter = isWithdrawn || asksForProof || config.minSources > core.config.minSources;
  const next: Core = {
    ...withoutWhatPasses(core, config),
    config,
    oscillator: { ...known, maxDrift: config.maxDrift },
    ...kept,
    ...edgesTold,
    ...(isAnyNew && !isStricter && { holdsUntil: after(now, PATIENCE) }),
  };
  const [proven, asks] = isWithdrawn ? proveAllAnew(next, now) : [next, []];
  const [reviewed, more] = reviewNames(proven, now);
  const forgets = [...servers.gone, ...edges.gone].map((id): CoreAction => ({ kind: 'forget', id }));
  return [reviewed, [...forgets, ...servers.actions, ...edges.actions, ...asks, ...published, ...more]];
};

const withoutWhatPasses = ({ holdsUntil: _, leapList, leapFault, ...core }: Core, { leapFile }: CoreConfig): Core =>
  leapFile === undefined
    ? core
    : { ...core, ...(leapList && { leapList }), ...(leapFault !== undefined && { leapFault }) };

/** A new one has no servers yet: its name is asked for when all are reviewed. */
const followServers = (core: Core, config: CoreConfig, now: MonoNanos) => {
  const ours = ourReferenceIds(config);
  const actions: CoreAction[] = [];
  let isAnyNew = false;
  const [memberships, sources] = [new Map<string, Membership>(), new Map<string, Source>()];
  for (const fresh of config.sources.map((one) => newMembership(one, now))) {
    const old = core.memberships.get(fresh.id);
    const isKept = old !== undefined && isSameServer(old.config, fresh.config);
    const membership = isKept
      ? { ...old, config: isSame(old.config, fresh.config) ? old.config : fresh.config }
      : fresh;
    memberships.set(fresh.id, membership);
    isAnyNew ||= !isKept;
    const members = isKept ? [...core.sources.values()].filter(({ config }) => config === old.config) : [];
    for (const member of members) {
      const [source, own] = reconfigureSource(member, membership.config, ours, now);
      sources.set(source.id, source);
      actions.push(...own.map((action): CoreAction => ({ kind: 'source', id: source.id, action })));
    }
  }
  const gone = [...core.sources.keys()].filter((id) => !sources.has(id));
  return { memberships, sources, actions, gone, isAnyNew };
};

const followHttpsSources = (core: Core, config: CoreConfig, now: MonoNanos) => {
  const { id: gateway, httpsSources: configs = [] } = config;
  const actions: CoreAction[] = [];
  let isAnyNew = false;
  const httpsSources = new Map<string, HttpsSource>();
  for (const one of configs) {
    const id = one.name;
    const old = core.httpsSources.get(id);
    const isKept = old?.config.gatewayKey === one.gatewayKey;
    const [source, own] = isKept
      ? reconfigureHttpsSource(old, one, gateway, now)
      : [newHttpsSource(one, gateway, after(now, PATIENCE)), [{ kind: 'wake', at: now } as const]];
    httpsSources.set(id, source);
    isAnyNew ||= !isKept;
    actions.push(...own.map((action): CoreAction => ({ kind: 'https-source', id, action })));
  }
  const gone = [...core.httpsSources].flatMap(([id, old]) =>
    httpsSources.get(id)?.config.gatewayKey === old.config.gatewayKey ? [] : [id],
  );
  return { httpsSources, actions, gone, isAnyNew };
};

/** They speak by themselves. */
const followReferenceClocks = (core: Core, { referenceClocks = [] }: CoreConfig, now: MonoNanos) => {
  const referenceSources = new Map(
    referenceClocks.map((config) => {
      const old = core.referenceSources.get(config.name);
      return [
        config.name,
        old ? reconfigureReferenceSource(old, config, core.oscillator) : newReferenceSource(config, now),
      ] as const;
    }),
  );
  const gone = [...core.referenceSources.keys()].filter((id) => !referenceSources.has(id));
  const isAnyNew = [...referenceSources.keys()].some((id) => !core.referenceSources.has(id));
  return { referenceSources, gone, isAnyNew };
};
