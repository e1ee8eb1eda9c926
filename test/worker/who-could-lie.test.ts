/**
 * The rows of ARCHITECTURE.md's table "Who could lie, and what it gets them", as far as they concern the edge: each attacker does
 * what is his to do, and gets what the table says. Lying upstreams and forgers of NTP are met in test/simulation.
 */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import { openSample } from '#contract/signed-sample.ts';
import { unixNanos } from '#contract/time.ts';
import type { LogEntry } from '../../worker/keeper.ts';
import { createGateway, millis, realKeeper, startIsolate, stub } from './edge.ts';
import { askSigned, openedAs, pinned, stealEdgeKey } from './stolen-edge-key.ts';
import { PRIVATE_KEYS } from './variables.ts';
import * as simulated from './world.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

const ask = startIsolate();
const post = (body: string, isolate = ask) => isolate('/samples', { method: 'POST', body });
const wordOf = async (response: Response): Promise<string> =>
  (await response.json<{ type?: string }>()).type?.replace('urn:noonmark:problem:', '') ?? 'ok';
type Health = { gateways: Record<string, { bounds: number; readingsRefused: number }> };
const kept = async () => (await (await ask('/health')).json<Health>()).gateways['gw-1']!;

/** A gateway that has timed the edge and delegated its key. */
const timed = async (name: keyof typeof PRIVATE_KEYS = 'gw-1') => {
  const gateway = await createGateway(name);
  for (let count = 0; count < 4; count++) expect((await gateway.post(ask)).status).toBe(200);
  return gateway;
};

beforeEach(async () => {
  await runInDurableObject(stub(), async (_instance, { storage }) => {
    for (const [name] of storage.kv.list()) storage.kv.delete(name);
  });
  await evictDurableObject(stub());
});

/** An edge in virtual time, whose clocks and network do as they are told. */
const simulate = ({ errorMs = 0, delayMs = 0, variables = {} } = {}) => {
  const world = simulated.createWorld(variables);
  const object = simulated.createObject(world);
  const isolate = simulated.startIsolate(world, 'i', () => errorMs);
  object.restart(() => errorMs);
  const delays = { up: delayMs, toObject: 0, back: 0, down: 0 };
  return {
    world,
    isolate,
    /** Each gateway in turn publishes three times, ahead of true time by so many ms. */
    publish: async (ahead: Readonly<Record<string, number>>, loses = false): Promise<void> => {
      const gateways = Object.keys(ahead).map((name) => ({ name, ...simulated.createGateway(world, object, name) }));
      for (let count = 0; count < 3; count++)
        for (const { name, post } of gateways) await post(isolate, delays, { loses, lieMs: ahead[name] ?? 0 });
    },
    /** As of an isolate's clock, which this one is. */
    told: async (by = isolate) => {
      const { answer, truth } = await simulated.askTime(world, object, by);
      if (answer.ok) expect(contains(answer.value, truth)).toBe(true);
      return answer.ok ? width(answer.value) / 1e6 : answer.detail;
    },
  };
};

describe('on the path: delays, drops', () => {
  it('wider intervals, then 503; never a wrong one', async () => {
    const widths: unknown[] = [];
    for (const delayMs of [0, 20, 200, 600, 10_000]) {
      const edge = simulate({ delayMs });
      await edge.publish({ 'gw-1': 0 });
      widths.push(await edge.told());
    }
    const [none, little, much, ...more] = widths;
    expect(none).toBeLessThan(little as number);
    expect(little).toBeLessThan(much as number);
    expect(more).toEqual(['the bound is too wide', 'the bound is too wide']);
  });

  it('who drops every answer withholds the bound, who drops every sample the time', async () => {
    const edge = simulate();
    await edge.publish({ 'gw-1': 0 }, true);
    expect(await edge.told()).toBe('0 of 1 gateways have timed this edge');
    await edge.publish({ 'gw-2': 0 });
    expect(await edge.told()).toBeTypeOf('number');
    edge.world.pass(301 * SECOND);
    expect(await edge.told()).toBe('no fresh sample');
  });
});

describe('ends TLS, and repeats', () => {
  it('samples: refused here, and at any other edge', async () => {
    const gateway = await timed();
    const jws = await gateway.sign();
    expect(await wordOf(await post(jws))).toBe('ok');
    expect(await wordOf(await post(jws))).toBe('replayed');
    const elsewhere = await realKeeper().keep(jws, gateway.make() as never, [], {
      origin: 'https://other.test',
      location: 'local',
      isolate: 'i',
      isolateUnixMs: Date.now(),
      gatewayKey: PRIVATE_KEYS['gw-1'].x,
    });
    expect(elsewhere.reading).toMatchObject({ reason: 'wrong-audience' });
  });

  it('an answer of the edge: a reading is taken once, as the edge gave it', async () => {
    const gateway = await timed();
    const [reading] = gateway.make().readings;
    const forged = { ...reading!, isolateUnixMs: reading!.isolateUnixMs - HOUR };
    const before = await kept();
    const { sequence } = gateway.make();
    expect((await post(await gateway.sign({ readings: [forged, reading!, reading!] }))).status).toBe(200);
    expect((await post(await gateway.sign({ sequence: sequence + 2 }))).status).toBe(200);
    expect(await kept()).toMatchObject({
      bounds: before.bounds + 1,
      readingsRefused: before.readingsRefused + 3,
    });
  });

  it('a delegation: it is for one key of one edge, and ends when it ends', async () => {
    const gateway = await timed();
    const [key] = (await realKeeper().knowledge()).edge.keys;
    const { jws, validUntilUnixNs } = key!.delegations[0]!;
    expect((await gateway.post(ask, { delegations: [jws] })).status).toBe(200);
    const [{ delegations } = { delegations: [] }] = (await realKeeper().knowledge()).edge.keys;
    expect(delegations.map((one) => [one.jws, one.validUntilUnixNs])).toEqual([[jws, validUntilUnixNs]]);
    const other = await timed('gw-2');
    await other.post(ask, { delegations: [jws] });
    expect((await realKeeper().knowledge()).edge.refusals).toMatchObject({ 'unknown-key': 1 });
  });

  it('a signed answer: it is to one nonce', async () => {
    await timed();
    const jws = await askSigned(ask);
    expect(await openedAs(jws, { nonce: 'YW5vdGhlciBub25jZQ' })).toBe('wrong-nonce');
    expect(await openedAs(jws)).toBe('ok');
  });
});

describe('holds an edge key', () => {
  it('only times inside its delegation, which is 24 h at most', async () => {
    await timed();
    const { say, delegation } = await stealEdgeKey();
    expect(delegation.validUntilUnixNs - delegation.validFromUnixNs).toBeLessThanOrEqual(BigInt(DAY) * 1_000_000n);
    expect(await openedAs(await say(millis(Date.now() + HOUR)))).toBe('ok');
    for (const ms of [-HOUR, DAY, 365 * DAY])
      expect(await openedAs(await say(millis(Date.now() + ms)))).toBe('outside-delegation');
  });

  it('only for its origin', async () => {
    await timed();
    const { say } = await stealEdgeKey();
    expect(await openedAs(await say(millis(Date.now())), { origin: 'https://other.test' })).toBe('wrong-audience');
  });

  it('and no time before the caller’s floor', async () => {
    await timed();
    const { say } = await stealEdgeKey();
    const fiveMinutesAgo = await say(millis(Date.now() - 300_000));
    expect(await openedAs(fiveMinutesAgo)).toBe('ok');
    expect(await openedAs(fiveMinutesAgo, { floor: millis(Date.now() - SECOND) })).toBe('went-back');
  });
});

describe('runs the edge', () => {
  it('can choose its reading, from the newest sample to the end of the delegation', async () => {
    await timed();
    const { say, delegation } = await stealEdgeKey();
    const until = delegation.validUntilUnixNs;
    // A gateway's newest word, by way of the edge's log or of the gateway itself, is a floor for its callers.
    const [newest] = await (await ask('/samples?limit=1')).json<LogEntry[]>();
    const sample = await openSample(newest?.jws ?? '', await pinned('gw-1'));
    if (!sample.ok) throw new Error(sample.reason);
    const floor = sample.value.earliestUnixNs;
    expect(await openedAs(await say(unixNanos(floor - 1_000_000n)), { floor })).toBe('went-back');
    expect(await openedAs(await say(unixNanos(floor + 1_000_000n)), { floor })).toBe('ok');
    expect(await openedAs(await say(unixNanos(until - 1_000_000n)), { floor })).toBe('ok');
    expect(await openedAs(await say(unixNanos(until + 1_000_000n)), { floor })).toBe('outside-delegation');
  });
});

describe('holds a gateway’s key, or runs a lying gateway', () => {
  it.each([
    { lie: '50 ms ahead', lieMs: 50 },
    { lie: 'an hour ahead', lieMs: HOUR },
    { lie: 'an hour behind', lieMs: -HOUR },
  ])('outvoted by two others, $lie', async ({ lieMs }) => {
    const edge = simulate({ variables: { QUORUM: 2 } });
    await edge.publish({ 'gw-3': lieMs, 'gw-1': 0, 'gw-2': 0 });
    expect(await edge.told()).toBeTypeOf('number');
    const { verdicts } = edge.isolate.health();
    expect(Object.fromEntries(verdicts)).toEqual({ 'gw-1': 'agrees', 'gw-2': 'agrees', 'gw-3': 'outvoted' });
  });

  it('503 where but two contradict each other', async () => {
    const edge = simulate({ variables: { QUORUM: 2 } });
    await edge.publish({ 'gw-1': 0, 'gw-2': HOUR });
    expect(await edge.told()).toBe('the gateways do not agree');
  });

  it('its samples stay in the log as evidence', async () => {
    const [liar] = [await timed('gw-2'), await timed('gw-1')];
    const told = millis(Date.now() + HOUR);
    const validUntilUnixNs = millis(Date.now() + 2 * HOUR);
    const lie = {
      estimateUnixNs: told,
      earliestUnixNs: told,
      latestUnixNs: told,
      validFromUnixNs: told,
      validUntilUnixNs,
    };
    const jws = await liar.sign(lie);
    expect(await wordOf(await post(jws))).toBe('future');
    const log = await (await ask('/samples')).json<LogEntry[]>();
    expect(log).toContainEqual({ jws, receivedUnixMs: expect.any(Number), outcome: 'future' });
    const opened = await openSample(jws, await pinned('gw-2'));
    expect(opened).toMatchObject({ ok: true, value: { gateway: 'gw-2' } });
  });
});

describe('the platform’s clock', () => {
  it.each([-HOUR, HOUR])('covered, off as a whole by %i ms', async (errorMs) => {
    const edge = simulate({ errorMs });
    await edge.publish({ 'gw-1': 0 });
    expect(await edge.told()).toBeTypeOf('number');
  });

  it.each([
    { apartMs: 20, told: expect.any(Number) },
    { apartMs: -20, told: expect.any(Number) },
    { apartMs: 200, told: 'two clocks of this edge stand farther apart than is assumed' },
    { apartMs: -200, told: 'two clocks of this edge stand farther apart than is assumed' },
  ])(
    'one machine’s, $apartMs ms from the others: covered by the spread, else caught by its own exchange',
    async ({ apartMs, told }) => {
      const edge = simulate();
      await edge.publish({ 'gw-1': 0 });
      const other = simulated.startIsolate(edge.world, 'other', () => apartMs);
      expect(await edge.told(other)).toEqual(told);
      expect(await edge.told()).toBeTypeOf('number');
    },
  );
});
