/** The edges that are asked, one by one. */
import type { EdgeAssociationEvent } from '../protocol/edge-association.ts';
import { stepHttpsSource } from '../source/https-source.ts';
import { onMeasured } from './measured.ts';
import { type Core, type CoreAction, clockOf } from './state.ts';

export const onHttpsSource = (core: Core, id: string, event: EdgeAssociationEvent): [Core, CoreAction[]] => {
  const old = core.httpsSources.get(id);
  if (!old) return [core, []];
  const { source, actions, measuredAt } = stepHttpsSource(old, event, clockOf(core)?.server, core.oscillator);
  const next = { ...core, httpsSources: new Map(core.httpsSources).set(id, source) };
  const own = actions.map((action): CoreAction => ({ kind: 'https-source', id, action }));
  const [settled, more] = measuredAt === undefined ? [next, []] : onMeasured(next, old, source, measuredAt);
  return [settled, [...own, ...more]];
};
