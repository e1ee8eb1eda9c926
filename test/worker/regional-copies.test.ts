/** Regional copies in workerd: real objects, real isolates, and who asks whom. */

import { evictDurableObject } from 'cloudflare:test';
import type * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TimeAnswer } from '#contract/time-answer.ts';
import type { Keeper, Knowledge } from '../../worker/keeper.ts';
import { keeperNear } from '../../worker/objects.ts';
import type { Bindings } from '../../worker/ports.ts';
import type { Place, Region } from '../../worker/region.ts';
import type { healthReport } from '../../worker/routes/health.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { type Ask, bindings, createGateway, realKeeper, startIsolate, stub } from './edge.ts';
import { PRIVATE_KEYS } from './variables.ts';

const copyIn = (region: Region) => bindings.COPIES.getByName(region, { locationHint: region });
const keeperIn = (region: Region): Keeper => copyIn(region) as unknown as Keeper;

const WARSAW = { cf: { continent: 'EU', longitude: '21.0', latitude: '52.2' } } as RequestInit;
const TOKYO = { cf: { continent: 'AS', longitude: '139.7', latitude: '35.7' } } as RequestInit;

/** How far a copy's clock is ahead of what it was, in ms, as it asks the object and as it tells an isolate. */
type Shift = { readonly asking: number; readonly telling: number };

type CountedOptions = {
  readonly regionalCopies: boolean;
  readonly clock?: () => number;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** What it makes of a copy's word. */
  readonly meddle?: (known: Knowledge) => Knowledge;
};

/** An isolate of an edge with copies or without, and what it has asked whom. */
const startCounted = ({ regionalCopies, clock, variables, meddle = (known) => known }: CountedOptions) => {
  const asked: string[] = [];
  const counting = (name: string, object: Keeper): Keeper => {
    const noted = <Reply>(what: string, reply: Reply): Reply => {
      asked.push(`${what} ${name}`);
      return reply;
    };
    return {
      knowledge: async () => meddle(await noted('knowledge', object.knowledge())),
      keep: (...post) => noted('keep', object.keep(...post)),
      succeed: (...word) => noted('succeed', object.succeed(...word)),
      log: (limit) => noted('log', object.log(limit)),
    };
  };
  const counted = {
    TIMEKEEPER: { getByName: (name: string) => counting(name, realKeeper()) },
    COPIES: {
      getByName: (region: Region, options: unknown) => {
        expect(options).toEqual({ locationHint: region });
        return counting(region, keeperIn(region));
      },
    },
  } as unknown as Bindings;
  const ask = startIsolate({
    ...(clock && { clock }),
    ...(variables && { variables }),
    keeper: (_bindings, { cf }) => keeperNear({ regionalCopies }, counted, cf as Place | undefined),
  });
  return { ask, asked };
};

/** @param passedMs - how much later than this machine's clock says it is. */
const expectTruth = async (ask: Ask, where: RequestInit, passedMs = 0): Promise<void> => {
  const before = Date.now() + passedMs;
  const response = await ask('/time', where);
  const after = Date.now() + passedMs + 1;
  expect(response.status, await response.clone().text()).toBe(200);
  const answer = await response.json<TimeAnswer>();
  expect(answer.earliestUnixMs).toBeLessThanOrEqual(after);
  expect(answer.latestUnixMs).toBeGreaterThanOrEqual(before);
};

const poster = startIsolate();
let gateway: Awaited<ReturnType<typeof createGateway>>;
beforeAll(async () => {
  gateway = await createGateway();
  for (let count = 0; count < 3; count++) expect((await gateway.post(poster)).status).toBe(200);
});

describe('where REGIONAL_COPIES is false', () => {
  it('the one object is asked, and no copy is made', async () => {
    const { ask, asked } = startCounted({ regionalCopies: false });
    await expectTruth(ask, WARSAW);
    expect(asked).toEqual(['knowledge timekeeper']);
  });
});

describe('where it is true', () => {
  it.each([
    ['eeur', WARSAW],
    ['apac-ne', TOKYO],
    ['weur', {}],
  ] as const)(
    'the copy of %s tells its own isolates what is known, and asks once for all of them',
    async (region, where) => {
      const first = startCounted({ regionalCopies: true });
      await expectTruth(first.ask, where);
      const { exchanges, object } = await keeperIn(region).knowledge();
      const second = startCounted({ regionalCopies: true });
      await expectTruth(second.ask, where);
      for (const { asked } of [first, second]) expect(asked).toEqual([`knowledge ${region}`]);

      const { object: one } = await realKeeper().knowledge();
      expect(exchanges).toMatchObject([
        { ours: { clock: object, isLate: true }, theirs: { clock: one, isLate: true } },
      ]);
      // The same exchange as before the second isolate came: the one object was not asked again.
      expect((await keeperIn(region).knowledge()).exchanges).toEqual(exchanges);
    },
  );

  it('each region has a copy of its own', async () => {
    const copies = await Promise.all((['eeur', 'apac-ne'] as const).map((region) => keeperIn(region).knowledge()));
    expect(new Set(copies.map(({ object }) => object)).size).toBe(2);
  });

  it('time is told and signed where nothing is assumed of the clocks: by the way over the copy', async () => {
    const { ask, asked } = startCounted({ regionalCopies: true, variables: { EDGE_SPREAD_MS: 'measured' } });
    await expectTruth(ask, TOKYO);
    expect((await ask('/time?format=jws', TOKYO)).status).toBe(200);
    expect(asked).toEqual(['knowledge apac-ne']);

    const lost = startCounted({
      regionalCopies: true,
      variables: { EDGE_SPREAD_MS: 'measured' },
      meddle: (known) => ({ ...known, exchanges: [] }),
    });
    expect((await lost.ask('/time', TOKYO)).status).toBe(503);
  });

  it('posts and the log are for the one object', async () => {
    const { ask, asked } = startCounted({ regionalCopies: true });
    expect((await gateway.post(ask)).status).toBe(200);
    expect((await ask('/samples', WARSAW)).status).toBe(200);
    expect(asked).toEqual(['keep timekeeper', 'log timekeeper']);
  });

  it('a copy that still trusts a gateway, whose key was exchanged or withdrawn, makes nobody else trust it', async () => {
    const { x } = PRIVATE_KEYS['gw-2'];
    for (const GATEWAY_KEYS of [{ 'gw-2': x }, { ...distinctKeys(['gw-1']), 'gw-2': x }]) {
      const { ask, asked } = startCounted({ regionalCopies: true, variables: { GATEWAY_KEYS } });
      expect((await ask('/time', WARSAW)).status).toBe(503);
      expect(asked).toEqual(['knowledge eeur']);
    }
  });

  it('a copy that was evicted comes back with another clock, and asks', async () => {
    const before = await keeperIn('eeur').knowledge();
    await evictDurableObject(copyIn('eeur'));
    const after = await keeperIn('eeur').knowledge();
    expect(after.object).not.toBe(before.object);
    expect(after.exchanges).not.toEqual(before.exchanges);
    await expectTruth(startCounted({ regionalCopies: true }).ask, WARSAW);
  });

  it('a copy may be told by a life of the object that has ended', async () => {
    const { exchanges } = await keeperIn('eeur').knowledge();
    await evictDurableObject(stub());
    expect((await keeperIn('eeur').knowledge()).exchanges).toEqual(exchanges);
    expect((await realKeeper().knowledge()).object).not.toBe(exchanges[0]?.theirs.clock);
    await expectTruth(startCounted({ regionalCopies: true }).ask, WARSAW);
  });

  it.each<[string, Shift]>([
    ['is farther off than is assumed', { asking: 200, telling: 200 }],
    ['was set forward between its two exchanges', { asking: 0, telling: 200 }],
    ['was set back between its two exchanges', { asking: 0, telling: -200 }],
  ])('a copy whose clock %s is believed by nobody', async (_how, { asking, telling }) => {
    const meddle = ({ exchanges: [own, ...others], objectUnixMs, ...known }: Knowledge): Knowledge => {
      if (!own) throw new Error('no exchange');
      const { fromUnixMs, toUnixMs, ...clock } = own.ours;
      const ours = { ...clock, fromUnixMs: fromUnixMs + asking, toUnixMs: toUnixMs + asking };
      const { askedUnixMs = objectUnixMs } = known;
      const told = { askedUnixMs: askedUnixMs + telling, objectUnixMs: objectUnixMs + telling };
      return { ...known, ...told, exchanges: [{ ...own, ours }, ...others] };
    };
    const { ask } = startCounted({ regionalCopies: true, meddle });
    const response = await ask('/time', WARSAW);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      detail: 'two clocks of this edge stand farther apart than is assumed',
    });
  });

  it('what a post was told is not taken back by a copy that knows less', async () => {
    let aheadMs = 0;
    const { ask, asked } = startCounted({ regionalCopies: true, clock: () => Date.now() + aheadMs });
    const sequence = async () =>
      (await (await ask('/health', WARSAW)).json<v.InferOutput<typeof healthReport>>()).gateways['gw-1']?.sequence ??
      Number.NaN;
    const before = await sequence();
    expect((await gateway.post(ask)).status).toBe(200);
    expect(await sequence()).toBe(before + 1);
    aheadMs = 31_000;
    await expectTruth(ask, WARSAW, aheadMs);
    expect(asked).toEqual(['knowledge eeur', 'keep timekeeper', 'knowledge eeur']);
    expect(await sequence()).toBe(before + 1);
  });
});
