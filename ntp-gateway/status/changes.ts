/** One line for each change of state that an operator wants to know of; nothing per packet. */
import type { LeapNotice } from '#contract/leap.ts';
import { type Core, clockOf, isLeapListExpired } from '../core/state.ts';
import { isHarmless, JUMPS, type Jump } from '../discipline/jump.ts';
import type { Verdict } from '../discipline/selection.ts';
import { faultText } from './authentication.ts';
import { iso } from './figures.ts';

export const changes = (before: Core, now: Core): string[] => {
  const lines: string[] = [];
  if (now.lastJump && now.lastJump !== before.lastJump) lines.push(jumpText(now.lastJump));
  const [was, is] = [standing(before), standing(now)];
  if (was !== is) lines.push(is);
  for (const [id, verdict] of now.selection.verdicts) {
    const old = before.selection.verdicts.get(id);
    if (old !== verdict && (isNews(verdict) || isNews(old))) lines.push(`source ${id}: ${verdict}`);
  }
  lines.push(...keysHad(before, now), ...departures(before, now));
  for (const [origin, { outcome }] of now.publishers) {
    if (before.publishers.get(origin)?.outcome !== outcome) lines.push(`publish to ${origin}: ${outcome}`);
  }
  lines.push(...checksWell(before, now));
  return lines;
};

/** Only after something was wrong. */
const checksWell = (before: Core, now: Core): string[] =>
  [...now.checks].flatMap(([origin, { outcome }]) => {
    const old = before.checks.get(origin);
    const wasWrong = old && (old.episode > 0 || old.failures >= UNANSWERED);
    return outcome === 'agreed' && wasWrong ? [`edge ${origin} tells an interval that ours agrees with again`] : [];
  });

/** The first, and those after a fault: to exchange keys again is nothing out of the ordinary. */
const keysHad = (before: Core, now: Core): string[] =>
  [...now.sources.values()].flatMap(({ id, association: { keys } }) => {
    const old = before.sources.get(id)?.association.keys;
    if (!keys?.agreed || keys.agreed === old?.agreed || (old?.agreed && !old.fault)) return [];
    const { server, isRemembered } = keys.agreed;
    const how = isRemembered ? 'keys of an earlier run' : 'keys agreed';
    return [`source ${id}: ${how} for the NTP server ${server.address}, port ${server.port}`];
  });

const keysRefused = (before: Core, now: Core): string[] =>
  [...now.sources.values()].flatMap(({ id, association: { keys } }) => {
    const fault = keys?.fault;
    if (!fault || fault.reason === before.sources.get(id)?.association.keys?.fault?.reason) return [];
    return [`source ${id}: key exchange failed: ${faultText(fault.reason, fault.detail ?? null)}`];
  });

const edgesRefused = (before: Core, now: Core): string[] =>
  [...now.httpsSources.values()].flatMap(({ id, association: { fault } }) => {
    if (!fault || fault.reason === before.httpsSources.get(id)?.association.fault?.reason) return [];
    return [`source ${id}: ${faultText(fault.reason, fault.detail ?? null)}`];
  });

const isNews = (verdict: Verdict | undefined): boolean =>
  verdict === 'falseticker' || verdict === 'smears' || verdict === 'contradicted';

/** What an operator should see to, once each. */
export const warnings = (before: Core, now: Core): string[] => {
  const { leapList: list, leapFault: fault, config } = now;
  const lines: string[] = [];
  const noList = config.server.smear ? `${NO_LIST}; the LAN sees them unsmeared` : NO_LIST;
  if (fault !== undefined && fault !== before.leapFault) {
    lines.push(`${config.leapFile}: ${fault}; ${list ? 'what it said before stands' : noList}`);
  }
  if (list && isLeapListExpired(now) && !isLeapListExpired(before)) {
    lines.push(`${config.leapFile} expired on ${iso(list.expires).slice(0, 10)}; ${noList}`);
  }
  const rejected = rejectedLeap(now);
  if (rejected && rejected !== rejectedLeap(before)) {
    lines.push(`most sources announce a leap second (${rejected}) that ${config.leapFile} does not have: not believed`);
  }
  return [...lines, ...keysRefused(before, now), ...edgesRefused(before, now), ...checksFailed(before, now)];
};

/** One answer that does not come is no news, two are. */
const UNANSWERED = 2;

/** Each episode once. */
const checksFailed = (before: Core, now: Core): string[] =>
  [...now.checks].flatMap(([origin, { episode, failures, outcome, detail = null, compared }]) => {
    const old = before.checks.get(origin);
    if (episode === 1 && old?.episode === 0) {
      const by = Math.round(compared!.beyond / 1e3) / 1e3;
      return [
        `edge ${origin} tells an interval that ours contradicts, by ${by} ms: see ${now.config.stateDir}/violations`,
      ];
    }
    return failures === UNANSWERED && old?.failures !== UNANSWERED
      ? [`edge ${origin} gives no answer that can be checked: ${faultText(outcome, detail)}`]
      : [];
  });

/** That sources know of none is common and no matter. */
const rejectedLeap = ({ line }: Core): LeapNotice | undefined =>
  line && line.leap.announced !== 'none' && line.leap.announced !== line.leap.notice ? line.leap.announced : undefined;

const NO_LIST = 'leap seconds are what most sources announce, and TAI − UTC is unknown';

const jumpText = (jump: Jump): string => {
  const length = `${jump.by > 0 && jump.reason === 'wall-set' ? '+' : ''}${Math.round(jump.by / 1e6) / 1e3} s`;
  return `${JUMPS[jump.reason]} ${length}${isHarmless(jump) ? '' : ': starting over in a new epoch'}`;
};

const departures = (before: Core, now: Core): string[] => {
  const joined = [...now.sources.values()].filter(({ id }) => !before.sources.has(id));
  const left = [...before.sources.values()].filter(({ id }) => !now.sources.has(id));
  return left.map(({ id, config }) => {
    const verdict = before.selection.verdicts.get(id) ?? 'unreachable';
    const why = verdict === 'selected' ? 'one more than needed' : verdict;
    const index = joined.findIndex((one) => one.config === config);
    const [successor] = index < 0 ? [] : joined.splice(index, 1);
    return `source ${id}: ${why}, asked no more${successor ? `; ${successor.id} takes its place` : ''}`;
  });
};

const standing = (core: Core): string => {
  const clock = clockOf(core);
  if (clock?.synchronized) return 'synchronized';
  if (clock) return "no source answers: speaking of the host's own clock, marked unsynchronized";
  return [...core.selection.verdicts.values()].includes('no-majority')
    ? 'not synchronized: no majority of the sources agrees'
    : 'not synchronized';
};
