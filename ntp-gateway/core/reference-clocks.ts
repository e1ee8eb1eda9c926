/** The clocks of this host, one by one. */
import type { ReferenceClockEvent } from '../protocol/reference-clock.ts';
import { stepReferenceSource } from '../source/reference-source.ts';
import { discipline } from './line.ts';
import { withDoubt } from './measured.ts';
import { type Core, type CoreAction, clockOf } from './state.ts';

export const onReferenceClock = (core: Core, id: string, event: ReferenceClockEvent): [Core, CoreAction[]] => {
  const old = core.referenceSources.get(id);
  if (!old) return [core, []];
  const { source, actions, measuredAt } = stepReferenceSource(old, event, clockOf(core)?.server, core.oscillator);
  const next = { ...core, referenceSources: new Map(core.referenceSources).set(id, source) };
  const own = actions.map((action): CoreAction => ({ kind: 'reference-clock', id, action }));
  if (measuredAt === undefined) return [next, own];
  const [disciplined, more] = discipline(withDoubt(next, source), measuredAt);
  return [disciplined, [...own, ...more]];
};
