/** The edges that are published to, one by one; and those that were. */
import { type MonoNanos, seconds } from '#contract/time.ts';
import {
  newPublisher,
  type Publisher,
  type PublisherEvent,
  resumePublisher,
  stepPublisher,
} from '../publish/publisher.ts';
import { beginCheck } from './edge-checks.ts';
import { type Core, type CoreAction, type CoreConfig, clockOf, raiseEpoch, wakePublisher } from './state.ts';
import { isSame } from './withdrawn.ts';

export const onEdge = (core: Core, origin: string, event: PublisherEvent): [Core, CoreAction[]] => {
  const publisher = core.publishers.get(origin);
  const edge = core.config.publish.find((one) => one.origin === origin);
  if (!publisher || !edge) return [onRetired(core, origin, event), []];
  const config = { ...edge, gateway: core.config.id };
  const [stepped, actions] = stepPublisher(publisher, event, clockOf(core), config);
  const next = { ...core, publishers: new Map(core.publishers).set(origin, stepped) };
  const own = actions.map((action): CoreAction => ({ kind: 'edge', origin, action }));
  const above = actions.find((action) => action.kind === 'raise-epoch')?.above;
  if (event.kind === 'answered' && stepped.outcome === 'ok') return beginCheck(next, origin, event.at, own);
  if (above === undefined || !('at' in event)) return [next, own];
  const [raised, more] = raiseEpoch(next, Math.max(above, core.epoch) + 1, event.at);
  return [raised, [...more, ...own]]; // its own wait last: an edge that always answers 409 must not make us spin
};

/** Whoever pins the new key waits until it has spoken at each edge. */
export const onNewKey = (core: Core, now: MonoNanos): [Core, CoreAction[]] => {
  let next = core;
  const actions = [...core.publishers.keys()].flatMap((origin) => {
    const [told, own] = onEdge(next, origin, { kind: 'new-key', now });
    next = told;
    return own;
  });
  return [next, actions];
};

/** What was under way when it was taken out has its place in the chain, and nothing comes of it. */
const onRetired = (core: Core, origin: string, event: PublisherEvent): Core => {
  const publisher = core.retired.get(origin);
  if (!publisher || event.kind === 'due') return core;
  const config = { origin, interval: seconds(0), gateway: core.config.id };
  const [stepped] = stepPublisher(publisher, event, clockOf(core), config);
  return { ...core, retired: new Map(core.retired).set(origin, stepped) };
};

/** Of those that were taken out, the last. One that comes back later starts a new epoch when its edge says so. */
const MOST_RETIRED = 64;

/** An edge that comes back goes on where its chain was: what starts over within an epoch has been forked, or is replayed. */
export const followPublishers = (core: Core, { publish }: CoreConfig, now: MonoNanos) => {
  const publishers = new Map<string, Publisher>();
  const actions: CoreAction[] = [];
  for (const edge of publish) {
    const { origin } = edge;
    const old = core.publishers.get(origin);
    const retired = core.retired.get(origin);
    publishers.set(origin, old ?? (retired ? resumePublisher(retired) : newPublisher(core.epoch)));
    const before = old && core.config.publish.find((one) => one.origin === origin);
    if (!isSame(before ?? null, edge)) actions.push(wakePublisher(origin, now));
  }
  const gone = [...core.publishers].filter(([origin]) => !publishers.has(origin));
  const left = [...core.retired].filter(([origin]) => !publishers.has(origin));
  const forgets = gone.map(([origin]): CoreAction => ({ kind: 'forget-edge', origin }));
  const retired = new Map([...left, ...gone].slice(-MOST_RETIRED));
  const checks = new Map([...core.checks].filter(([origin]) => publishers.has(origin)));
  return { publishers, retired, checks, actions: [...forgets, ...actions] };
};
