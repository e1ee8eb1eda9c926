/** One line for each change of state that an operator wants to know of; nothing per packet. */
import type { LeapNotice } from '#contract/leap.ts';
import type { Change } from '../change.ts';
import { type Core, clockOf, isLeapListExpired } from '../core/state.ts';
import { isUsable, readClock } from '../discipline/clock.ts';
import { isHarmless, JUMPS, type Jump } from '../discipline/jump.ts';
import { faultText } from './authentication.ts';
import { iso } from './figures.ts';
import { sourceChanges } from './source-changes.ts';

/** In the order in which one leads to the other. */
export const changes = (before: Core, now: Core): Change[] => [
  ...(now.lastJump && now.lastJump !== before.lastJump ? [jumped(now.lastJump, now.epoch)] : []),
  ...leapFile(before, now),
  ...sourceChanges(before, now),
  ...synchronization(before, now),
  ...publishing(before, now),
  ...checks(before, now),
];

const jumped = (jump: Jump, epoch: number): Change => {
  const seconds = Math.round(jump.by / 1e6) / 1e3;
  const length = `${jump.by > 0 && jump.reason === 'wall-set' ? '+' : ''}${seconds} s`;
  const msg = `${JUMPS[jump.reason]} ${length}`;
  const fields = { event: 'jump', reason: jump.reason, seconds, epoch } as const;
  return isHarmless(jump)
    ? { ...fields, msg }
    : { ...fields, level: 'warn', msg: `${msg}: starting over in a new epoch` };
};

const STATES = {
  synchronized: 'synchronized',
  'host-clock': "no source answers: speaking of the host's own clock, marked unsynchronized",
  'no-majority': 'not synchronized: no majority of the sources agrees',
  unsynchronized: 'not synchronized',
} as const;

/** In a few words, which change only where it does. */
export const standingOf = (core: Core): string => STATES[stateOf(core)];

const synchronization = (before: Core, now: Core): Change[] => {
  const state = stateOf(now);
  if (state === stateOf(before)) return [];
  const level = state === 'synchronized' ? 'info' : 'warn';
  return [{ event: 'synchronization', level, state, epoch: now.epoch, msg: STATES[state] }];
};

const stateOf = (core: Core): keyof typeof STATES => {
  const clock = clockOf(core);
  if (clock && !clock.synchronized) return 'host-clock';
  if (clock && isUsable(clock, readClock(clock, core.lastLook?.now ?? clock.at))) return 'synchronized';
  return [...core.selection.verdicts.values()].includes('no-majority') ? 'no-majority' : 'unsynchronized';
};

/** An edge that is down may be so by turns, a proxy before it and nothing: each word once until it takes a sample again. */
const publishing = (before: Core, now: Core): Change[] =>
  [...now.publishers].flatMap(([edge, { outcome }]) => {
    const old = before.publishers.get(edge);
    if ((old?.outcome ?? 'waiting') === outcome || old?.failed.includes(outcome)) return [];
    const level = outcome === 'ok' || outcome === 'unsynchronized' ? 'info' : 'warn'; // which is said by itself
    return [{ event: 'publish', level, edge, outcome, msg: `publish to ${edge}: ${outcome}` }];
  });

/** One answer that does not come is no news, two are. */
const UNANSWERED = 2;

/** Of what an edge tells others: each episode once, and that it is over. */
const checks = (before: Core, now: Core): Change[] =>
  [...now.checks].flatMap(([edge, { episode, failures, outcome, detail = null, compared }]): Change[] => {
    const old = before.checks.get(edge);
    const change = { event: 'edge-check', edge, outcome } as const;
    if (episode === 1 && old?.episode === 0) {
      const beyondMs = Math.round(compared!.beyond / 1e3) / 1e3;
      const where = `see ${now.config.stateDir}/violations`;
      const msg = `edge ${edge} tells an interval that ours contradicts, by ${beyondMs} ms: ${where}`;
      return [{ ...change, level: 'warn', beyondMs, msg }];
    }
    if (failures === UNANSWERED && old?.failures !== UNANSWERED) {
      const msg = `edge ${edge} gives no answer that can be checked: ${faultText(outcome, detail)}`;
      return [{ ...change, level: 'warn', msg }];
    }
    const wasWrong = old && (old.episode > 0 || old.failures >= UNANSWERED);
    return outcome === 'agreed' && wasWrong
      ? [{ ...change, msg: `edge ${edge} tells an interval that ours agrees with again` }]
      : [];
  });

const leapFile = (before: Core, now: Core): Change[] => {
  const { leapList: list, leapFault: fault, config } = now;
  const file = config.leapFile ?? 'the leap second file';
  const noList = config.server.smear ? `${NO_LIST}; the LAN sees them unsmeared` : NO_LIST;
  const lines: Change[] = [];
  if (fault !== undefined && fault !== before.leapFault) {
    const msg = `${file}: ${fault}; ${list ? 'what it said before stands' : noList}`;
    lines.push({ event: 'leap-file', level: 'warn', file, reason: 'unreadable', detail: fault, msg });
  }
  if (list && isLeapListExpired(now) && !isLeapListExpired(before)) {
    const msg = `${file} expired on ${iso(list.expires).slice(0, 10)}; ${noList}`;
    lines.push({ event: 'leap-file', level: 'warn', file, reason: 'expired', msg });
  }
  const rejected = rejectedLeap(now);
  if (rejected && rejected !== rejectedLeap(before)) {
    const msg = `most sources announce a leap second (${rejected}) that ${file} does not have: not believed`;
    lines.push({ event: 'leap-not-believed', level: 'warn', leap: rejected, msg });
  }
  return lines;
};

/** That sources know of none is common and no matter. */
const rejectedLeap = ({ line }: Core): LeapNotice | undefined =>
  line && line.leap.announced !== 'none' && line.leap.announced !== line.leap.notice ? line.leap.announced : undefined;

const NO_LIST = 'leap seconds are what most sources announce, and TAI − UTC is unknown';
