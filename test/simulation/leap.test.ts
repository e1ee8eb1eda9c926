/**
 * A leap second while servers say so, or the list does: the interval holds POSIX time as the servers step through it. The
 * world's clock does not leap, so POSIX time parts from it by 1 s.
 */
import { describe, expect, it } from 'vitest';
import { contains, width } from '#contract/interval.ts';
import type { LeapNotice } from '#contract/leap.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { after, milliseconds, seconds, type UnixNanos } from '#contract/time.ts';
import { statusOf } from '../../ntp-gateway/status/status.ts';
import { statusText } from '../../ntp-gateway/status/status-text.ts';
import type { LeapList } from '../../ntp-gateway/wire/leap-list.ts';
import { before, leaping, listOf, MIDNIGHT, makeLeaping, telling } from './leap.ts';
import { makeServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

const HOUR = seconds(3_600);

const announcing = (leap: LeapNotice) => makeServer({ says: { leap } });

const leapOf = (world: World) => world.gateway().core().line?.leap;

describe('a leap second', () => {
  it.each([
    { leap: 'insert', by: 'sources' },
    { leap: 'insert', by: 'list' },
    { leap: 'delete', by: 'sources' },
    { leap: 'delete', by: 'list' },
  ] as const)('$leap, by the $by: 1 s wider from 2 s before until measured anew, then a new epoch', async (one) => {
    const { leap, by } = one;
    const error = leaping(leap);
    const server = () => makeLeaping(error, by === 'sources' ? leap : 'none');
    const world = await makeWorld({
      seed: 1,
      servers: { a: server(), b: server(), c: server() },
      start: before(seconds(1_800)),
      ...(by === 'list' && { leapFile: telling(listOf(leap)) }),
    });
    let widened = 0;
    const look = (): void => {
      const claim = world.claim();
      if (!claim) return;
      expect(contains(claim, after(world.now(), error(world.now())))).toBe(true);
      if (width(claim) > 1e9) widened++;
    };
    await world.pass(seconds(1_790), look);
    expect(leapOf(world)).toMatchObject({ notice: leap, by, taiOffsetSeconds: by === 'list' ? 37 : null });
    expect(widened).toBe(0);
    await world.pass(seconds(1_810), look);
    expect(widened).toBeGreaterThan(1);
    expect(widened).toBeLessThan(90);
    expect(world.gateway().core().epoch).toBe(2);
    expect(world.claim()).toBeDefined();
    const tai = leap === 'insert' ? 38 : 36;
    expect(leapOf(world)).toMatchObject({ notice: 'none', by, taiOffsetSeconds: by === 'list' ? tai : null });
  });

  it('is announced by the list from a day before', async () => {
    const world = await makeWorld({
      seed: 2,
      servers: { a: announcing('none') },
      start: before(seconds(25 * 3_600)),
      leapFile: telling(listOf('insert')),
    });
    await world.pass(seconds(3_500));
    expect(leapOf(world)).toMatchObject({ notice: 'none', by: 'list' });
    await world.pass(seconds(200));
    expect(leapOf(world)).toMatchObject({ notice: 'insert', by: 'list', announced: 'none' });
  });

  it('is not learnt from the servers while they go through it, whatever they say then', async () => {
    const error = leaping('insert');
    const isConfused = (now: UnixNanos): boolean => now > before(seconds(1)) && now < after(MIDNIGHT, seconds(2));
    const server = () => makeLeaping((now) => (isConfused(now) ? milliseconds(500) : error(now)), 'insert');
    const world = await makeWorld({
      seed: 3,
      servers: { a: server(), b: server(), c: server() },
      every: { minPoll: 1, maxPoll: 1 },
      start: before(seconds(60)),
    });
    await world.pass(seconds(120), () => {
      const claim = world.claim();
      if (claim) expect(contains(claim, after(world.now(), error(world.now())))).toBe(true);
    });
    expect(width(world.claim()!)).toBeLessThan(40e6);
  });
});

describe('no leap second', () => {
  const quiet = async (world: World): Promise<void> => {
    await world.pass(HOUR, () => {
      const claim = world.claim();
      if (!claim) return;
      expect(contains(claim, world.now())).toBe(true);
      expect(width(claim)).toBeLessThan(100e6);
    });
    expect(leapOf(world)!.notice).toBe('none');
    expect(world.gateway().core().epoch).toBe(1);
  };

  it.each([
    { name: 'a minority announces one', says: ['insert', 'none', 'none'], start: before(seconds(1_800)) },
    { name: 'half of them do', says: ['insert', 'insert', 'none', 'none'], start: before(seconds(1_800)) },
    { name: 'they differ about its sign', says: ['insert', 'delete', 'none'], start: before(seconds(1_800)) },
    { name: 'all do, out of season', says: ['insert', 'insert', 'insert'], start: START },
    { name: 'all do, in the month but not on its last day', says: ['insert'], start: before(seconds(2 * 86_400)) },
    { name: 'all go on doing so after it', says: ['insert', 'insert'], start: after(MIDNIGHT, seconds(60)) },
  ] as const)('$name', async ({ says, start }) => {
    const servers = Object.fromEntries(says.map((leap, i) => [`${i}`, announcing(leap)]));
    await quiet(await makeWorld({ seed: 4, servers, start }));
  });

  it('all announce one that the list does not have: the list is believed, and the log says so once', async () => {
    const servers = { a: announcing('insert'), b: announcing('insert'), c: announcing('none') };
    const world = await makeWorld({
      seed: 5,
      servers,
      start: before(seconds(1_800)),
      leapFile: telling(listOf('none')),
    });
    await world.pass(seconds(600));
    expect(leapOf(world)).toEqual({ notice: 'none', by: 'list', announced: 'insert', taiOffsetSeconds: 37 });
    const status = statusText(statusOf(world.gateway().core(), undefined, world.mono()));
    expect(status).toMatch(/^leap {11}none by the list, though most sources announce insert, TAI − UTC 37 s$/m);
    await quiet(world);
    expect(world.logged.filter((line) => line.includes('not believed'))).toHaveLength(1);
  });
});

it('a file that cannot be read warns once for each fault, and what it said before stands', async () => {
  let hear: (read: Result<LeapList, string>) => void = () => {};
  const leapFile = (heard: typeof hear) => {
    hear = heard;
    heard(refuse('unreadable', 'cannot read it: no such file or directory'));
    return () => {};
  };
  const config = { leapFile: 'leap-seconds.list' };
  const world = await makeWorld({ seed: 7, servers: { a: announcing('none') }, config, leapFile });
  await world.pass(seconds(10));
  expect(leapOf(world)).toMatchObject({ by: 'sources', taiOffsetSeconds: null });
  hear(ok(listOf('none')));
  await world.pass(seconds(10));
  for (let i = 0; i < 3; i++) hear(refuse('wrong-hash', 'its SHA-1 (#h) does not fit'));
  await world.pass(seconds(10));
  expect(leapOf(world)).toMatchObject({ by: 'list', taiOffsetSeconds: 37 });
  expect(world.logged.filter((line) => line.startsWith('leap-seconds.list'))).toEqual([
    'leap-seconds.list: cannot read it: no such file or directory; leap seconds are what most sources announce, and TAI − UTC is unknown',
    'leap-seconds.list: its SHA-1 (#h) does not fit; what it said before stands',
  ]);
});

it('an expired list warns once, gives no TAI − UTC and leaves leap seconds to the sources', async () => {
  const config = { leapFile: 'leap-seconds.list' };
  const expires = before(HOUR);
  const start = before(seconds(2 * 3_600));
  const leapFile = telling(listOf('none', expires));
  const world = await makeWorld({ seed: 6, servers: { a: announcing('insert') }, config, start, leapFile });
  const warned = () => world.logged.filter((line) => line.startsWith('leap-seconds.list expired on 2026-12-31'));
  await world.pass(seconds(3_590));
  expect(leapOf(world)).toMatchObject({ notice: 'none', by: 'list', taiOffsetSeconds: 37 });
  expect(warned()).toHaveLength(0);
  await world.pass(seconds(1_800));
  expect(leapOf(world)).toMatchObject({ notice: 'insert', by: 'sources', taiOffsetSeconds: null });
  expect(warned()).toHaveLength(1);
});
