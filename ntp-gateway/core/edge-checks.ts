/** The edges that we publish to, asked what they tell others. */
import { after, type MonoNanos } from '#contract/time.ts';
import { type EdgeCheckEvent, FIRST_AFTER, newEdgeCheck, stepEdgeCheck } from '../publish/edge-check.ts';
import { type Core, type CoreAction, clockOf } from './state.ts';

/** An edge that has taken a sample can be asked soon. @param actions - that come first. */
export const beginCheck = (
  core: Core,
  origin: string,
  now: MonoNanos,
  actions: readonly CoreAction[],
): [Core, CoreAction[]] => {
  if (core.checks.has(origin)) return [core, [...actions]];
  const wake = { kind: 'check', origin, action: { kind: 'wake', at: after(now, FIRST_AFTER) } } as const;
  return [{ ...core, checks: new Map(core.checks).set(origin, newEdgeCheck()) }, [...actions, wake]];
};

export const onCheck = (core: Core, origin: string, event: EdgeCheckEvent): [Core, CoreAction[]] => {
  const check = core.checks.get(origin);
  const publisher = core.publishers.get(origin);
  if (!check || !publisher) return [core, []];
  const sources = [...core.selection.verdicts].flatMap(([id, verdict]) => (verdict === 'selected' ? [id] : []));
  const [next, actions] = stepEdgeCheck(check, event, { origin, clock: clockOf(core), publisher, sources });
  return [
    { ...core, checks: new Map(core.checks).set(origin, next) },
    actions.map((action): CoreAction => ({ kind: 'check', origin, action })),
  ];
};
