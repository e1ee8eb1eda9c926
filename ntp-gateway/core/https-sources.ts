/** The edges that are asked, one by one. */
import type { MonoNanos } from '#contract/time.ts';
import { readClock } from '../discipline/clock.ts';
import type { EdgeAssociationEvent } from '../protocol/edge-association.ts';
import { stepHttpsSource } from '../source/https-source.ts';
import { discipline } from './line.ts';
import { onMeasured } from './measured.ts';
import { type Core, type CoreAction, clockOf } from './state.ts';

export const onHttpsSource = (core: Core, id: string, event: EdgeAssociationEvent): [Core, CoreAction[]] => {
  const old = core.httpsSources.get(id);
  if (!old) return [core, []];
  const { source, actions, measuredAt } = stepHttpsSource(old, event, clockOf(core)?.server, core.oscillator);
  const next = { ...core, httpsSources: new Map(core.httpsSources).set(id, source) };
  const own = actions.map((action): CoreAction => ({ kind: 'https-source', id, action }));
  if (measuredAt !== undefined) {
    const [settled, more] = onMeasured(next, old, source, measuredAt);
    return [settled, [...own, ...more, ...raiseFloor(settled, id, event, measuredAt)]];
  }
  const isDoubted = old.estimator !== undefined && source.estimator === undefined;
  const [settled, more] = isDoubted ? discipline(next, event.now) : [next, []];
  return [settled, [...own, ...more]];
};

/** No farther than the sources together: or one that is outvoted could not say the truth until its lie has passed. */
const raiseFloor = (core: Core, id: string, event: EdgeAssociationEvent, now: MonoNanos): CoreAction[] => {
  const clock = clockOf(core);
  if (!clock?.synchronized || event.kind !== 'answered' || !event.outcome.ok) return [];
  const [said, proven] = [event.outcome.value.earliest, readClock(clock, now).earliest];
  return [{ kind: 'raise-floor', id, to: said < proven ? said : proven }];
};
