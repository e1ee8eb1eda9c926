/** What an operator wants to know of each source: who is heard, believed, authentic, and asked. */

import type { Change } from '../change.ts';
import type { Core } from '../core/state.ts';
import { VERDICTS, type Verdict } from '../discipline/selection.ts';
import type { Source } from '../source.ts';
import { faultText } from './authentication.ts';
import { UNRESOLVED } from './sources.ts';

export const sourceChanges = (before: Core, now: Core): Change[] => [
  ...keys(before, now),
  ...edgesRefused(before, now),
  ...names(before, now),
  ...reached(before, now),
  ...verdicts(before, now),
  ...departures(before, now),
];

/** One that gives no address is no source yet, and nobody to be unreachable. */
const names = (before: Core, now: Core): Change[] =>
  [...now.memberships.keys()].flatMap((source): Change[] => {
    const isLost = isUnresolved(now, source);
    const isFound = isUnresolved(before, source) && now.memberships.get(source)?.addresses !== undefined;
    if (isFound)
      return [{ event: 'source-name', source, resolved: true, msg: `source ${source}: its name has an address` }];
    if (!isLost || isUnresolved(before, source)) return [];
    const msg = `source ${source}: ${faultText(UNRESOLVED.state, UNRESOLVED.reason)}`;
    return [{ event: 'source-name', level: 'warn', source, resolved: false, msg }];
  });

/** Not before DNS has been asked: one that a reload brings has no address until it answers. */
const isUnresolved = ({ memberships, selection }: Core, id: string): boolean => {
  const membership = memberships.get(id);
  const isAsked = membership !== undefined && membership.wait > 0;
  return isAsked && membership.addresses === undefined && selection.verdicts.get(id) === 'unreachable';
};

const reached = (before: Core, now: Core): Change[] => {
  const silentBefore = silencesOf(before);
  return [...silencesOf(now)].flatMap(([source, { isSilent, reach }]): Change[] => {
    const wasSilent = silentBefore.get(source)?.isSilent ?? false;
    if (isSilent === wasSilent || (!isSilent && reach === 0)) return [];
    const change = { event: 'source-reach', source, reachable: !isSilent } as const;
    return isSilent
      ? [{ ...change, level: 'warn', msg: `source ${source}: ${faultText('unreachable', VERDICTS.unreachable)}` }]
      : [{ ...change, msg: `source ${source}: answers again` }];
  });
};

/** By what it said last, a source may be selected long after it fell silent: its verdict does not tell. */
const silencesOf = ({ sources, httpsSources, referenceSources, selection }: Core) => {
  const servers = [...sources].filter(([, one]) => one.estimator !== undefined || hasFailed(one));
  const asked = [...servers, ...httpsSources].map(([id, one]) => [id, one.association.reach, one.estimator] as const);
  const clocks = [...referenceSources].map(([id, one]) => [id, one.clock.reach, one.estimator] as const);
  return new Map(
    [...asked, ...clocks].map(([id, reach, estimator]) => {
      const isKnown = estimator !== undefined || selection.verdicts.get(id) === 'unreachable';
      return [id, { reach, isSilent: reach === 0 && isKnown }] as const;
    }),
  );
};

/** Where others agree already, nobody waits for a newcomer; but his first answer is on its way for some ms. */
const hasFailed = ({ association: { counters, keys } }: Source): boolean =>
  counters.timeout !== undefined || counters['send-failed'] !== undefined || keys?.fault !== undefined;

/** What is wrong with this source alone. Where no majority agrees, that is said of all at once. */
const FLAWS: ReadonlySet<Verdict | undefined> = new Set<Verdict>([
  'falseticker',
  'too-distant',
  'too-jittery',
  'smears',
  'contradicted',
]);

const verdicts = (before: Core, now: Core): Change[] =>
  [...now.selection.verdicts].flatMap(([source, verdict]) => {
    const was = before.selection.verdicts.get(source);
    const isHeard = verdict !== 'unreachable' && verdict !== 'waiting';
    if (was === verdict || !isHeard || !(FLAWS.has(verdict) || FLAWS.has(was))) return [];
    const level = FLAWS.has(verdict) && verdict !== 'smears' ? 'warn' : 'info';
    const msg = `source ${source}: ${faultText(verdict, VERDICTS[verdict])}`;
    return [{ event: 'source-verdict', level, source, verdict, was, msg }];
  });

/** The first, those after a fault, and the faults: to exchange keys again is nothing out of the ordinary. */
const keys = (before: Core, now: Core): Change[] =>
  [...now.sources.values()].flatMap(({ id: source, association }): Change[] => {
    const old = before.sources.get(source)?.association.keys;
    const { agreed, fault } = association.keys ?? {};
    if (fault && fault.reason !== old?.fault?.reason) {
      const msg = `source ${source}: key exchange failed: ${faultText(fault.reason, fault.detail ?? null)}`;
      return [{ event: 'source-keys', level: 'warn', source, ...wordsOf(fault), msg }];
    }
    if (!agreed || agreed === old?.agreed || (old?.agreed && !old.fault)) return [];
    const { server, isRemembered } = agreed;
    const how = isRemembered ? 'keys of an earlier run' : 'keys agreed';
    const msg = `source ${source}: ${how} for the NTP server ${server.address}, port ${server.port}`;
    return [{ event: 'source-keys', source, address: server.address, port: server.port, msg }];
  });

const edgesRefused = (before: Core, now: Core): Change[] =>
  [...now.httpsSources.values()].flatMap(({ id: source, association: { fault } }) => {
    if (!fault || fault.reason === before.httpsSources.get(source)?.association.fault?.reason) return [];
    const msg = `source ${source}: ${faultText(fault.reason, fault.detail ?? null)}`;
    return [{ event: 'source-refused', level: 'warn', source, ...wordsOf(fault), msg }];
  });

type Fault = { readonly reason: string; readonly detail?: string | undefined };
const wordsOf = ({ reason, detail }: Fault) => ({ reason, ...(detail !== undefined && { detail }) });

const departures = (before: Core, now: Core): Change[] => {
  const joined = [...now.sources.values()].filter(({ id }) => !before.sources.has(id));
  const left = [...before.sources.values()].filter(({ id }) => !now.sources.has(id));
  return left.map(({ id, config }) => {
    const verdict = before.selection.verdicts.get(id) ?? 'unreachable';
    const isTakenOut = now.config !== before.config;
    const why = isTakenOut ? 'taken out' : verdict === 'selected' ? 'one more than needed' : verdict;
    const index = joined.findIndex((one) => one.config === config);
    const [successor] = index < 0 ? [] : joined.splice(index, 1);
    const msg = `source ${id}: ${why}, asked no more${successor ? `; ${successor.id} takes its place` : ''}`;
    return { event: 'source-left', source: id, verdict, ...(successor && { successor: successor.id }), msg };
  });
};
