/** After a source that was asked has taught something: the line is drawn anew, and what is out of the ordinary is looked into. */
import { after, between, type MonoNanos, seconds } from '#contract/time.ts';
import type { Estimator } from '../discipline/estimator.ts';
import { disproved } from '../discipline/oscillator.ts';
import { PATIENCE } from '../source.ts';
import { discipline } from './line.ts';
import { type Core, type CoreAction, wakeSource } from './state.ts';

/** A server or an edge, as far as outages go. */
type Asked = {
  readonly id: string;
  readonly estimator?: Estimator;
  readonly association: { readonly reach: number; readonly question: unknown; readonly kiss: string | undefined };
};

/** A reply out of the ordinary is a reason to hear the others at once, and not when their turn comes. */
export const onMeasured = (core: Core, old: Asked, source: Asked, now: MonoNanos): [Core, CoreAction[]] => {
  const others = [...core.sources.values(), ...core.httpsSources.values()].filter(({ id }) => id !== source.id);
  const isBack = hasSpoken(old) && !isReachable(old) && !others.some(isReachable);
  const contradicts = source.estimator?.fit === 'contradicts';
  const recovering = isBack ? { ...core, recoversUntil: after(now, PATIENCE) } : core;
  const [asking, asks] = isBack || contradicts ? askAll(recovering, others, now) : [recovering, []];
  const [settled, more] = discipline(withDoubt(asking, source), now);
  return [settled, [...asks, ...more]];
};

/** Any source may raise it, a liar too: it only widens. */
export const withDoubt = (core: Core, { estimator }: Pick<Asked, 'estimator'>): Core =>
  estimator?.fit === 'restless' ? { ...core, oscillator: disproved(core.oscillator) } : core;

const hasSpoken = ({ estimator }: Asked): boolean => estimator !== undefined;
const isReachable = ({ association }: Asked): boolean => association.reach !== 0;

/** A server that contradicts itself each time must not make us ask all others as often. */
const ASK_ALL_EVERY = seconds(64);

/** Out of turn; not those that are being asked, nor those that said that they are asked too often. */
export const askAll = (core: Core, others: readonly Asked[], now: MonoNanos): [Core, CoreAction[]] => {
  if (core.askedAllAt !== undefined && between(core.askedAllAt, now) < ASK_ALL_EVERY) return [core, []];
  const idle = others.filter(({ association: { question, kiss } }) => question === undefined && kiss === undefined);
  return [{ ...core, askedAllAt: now }, idle.map(({ id }) => wakeSource(core, id, now))];
};
