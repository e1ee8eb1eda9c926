/**
 * The whole client side of the gateway as one step function: sources in, clock and samples out. No socket, no timer, no
 * dice, no `async`: a list of events is a day of this gateway's life, and the same list gives the same day again.
 */
import type { Result } from '#contract/result.ts';
import { onCheck } from './core/edge-checks.ts';
import { onHttpsSource } from './core/https-sources.ts';
import { startOver } from './core/line.ts';
import { onEdge, onNewKey } from './core/publishers.ts';
import { reconfigure } from './core/reconfigure.ts';
import { onReferenceClock } from './core/reference-clocks.ts';
import { onAnswer, onSource, reviewNames } from './core/servers.ts';
import type { Core, CoreAction, CoreEvent } from './core/state.ts';
import { findJump, isHarmless, keepLook, type Look } from './discipline/jump.ts';
import type { LeapList } from './wire/leap-list.ts';

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
    case 'https-source':
      return onHttpsSource(core, event.id, event.event);
    case 'reference-clock':
      return onReferenceClock(core, event.id, event.event);
    case 'edge':
      return onEdge(core, event.origin, event.event);
    case 'check':
      return onCheck(core, event.origin, event.event);
    case 'new-key':
      return onNewKey(core, event.now);
    case 'configured':
      return reconfigure(core, event.config, event.now);
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
