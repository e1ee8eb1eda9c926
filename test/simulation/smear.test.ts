/** Through a leap second with `[server] smear`: what the LAN is told runs evenly, what is claimed and signed leaps. */
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { intervalOf } from '#contract/roughtime/rough-time.ts';
import { after, between, type Nanos, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { pollOf } from '../../ntp-gateway/protocol/poll.ts';
import type { LeapList } from '../../ntp-gateway/wire/leap-list.ts';
import { unixFromNtp } from '../../ntp-gateway/wire/ntp-timestamp.ts';
import { listeningOn } from '../support/server-config.ts';
import { servedBy } from './lan-host.ts';
import { before, leaping, listOf, MIDNIGHT, makeLeaping, telling } from './leap.ts';
import { type ClockError, makeServer } from './server.ts';
import { makeWorld, referenceIdOf, type World } from './world.ts';

type Kind = 'insert' | 'delete';

const HOUR = seconds(3_600);
const HALF_DAY = 43_200;
const LAN = { server: { ...listeningOn({ host: '127.0.0.1', port: 123 }), smear: true }, leapFile: 'list' };

/** Ideal smeared time less the world's, which does not leap. */
const smearOf =
  (leap: Kind): ClockError =>
  (now) => {
    const by = leap === 'insert' ? 1 : -1;
    const since = between(before(seconds(HALF_DAY)), now) / 1e9;
    const part = Math.min(Math.max(since / (86_400 + by), 0), 1);
    return nanos(-by * part * 1e9);
  };

const three = (leap: Kind) => {
  const server = () => makeLeaping(leaping(leap), 'none');
  return { a: server(), b: server(), c: server() };
};

/** Looks at a reply each second, and judges it. */
const makeLook = (world: World, leap: Kind) => {
  const [ideal, error] = [smearOf(leap), leaping(leap)];
  const seen = { told: 0, untold: 0, smeared: 0, worst: 0, step: 0 };
  let last: { readonly told: UnixNanos; readonly now: UnixNanos } | undefined;
  const look = (): void => {
    const now = world.now();
    const claim = world.claim();
    if (claim) expect(contains(claim, after(now, error(now)))).toBe(true);
    const signed = world.sign();
    expect(signed !== undefined).toBe(claim !== undefined);
    if (signed) expect(contains(intervalOf(signed), after(now, error(now)))).toBe(true);
    const { leap: indicator, referenceId, rootDelay, rootDispersion, ...reply } = servedBy(world);
    if (indicator === 'unknown') {
      seen.untold++;
      last = undefined;
      return;
    }
    seen.told++;
    expect(indicator).toBe('none');
    const told = unixFromNtp(reply.transmitTimestamp, now);
    const off = Math.abs(between(after(now, ideal(now)), told));
    expect(off).toBeLessThanOrEqual(rootDelay / 2 + rootDispersion);
    expect(unixFromNtp(reply.referenceTimestamp, now)).toBeLessThanOrEqual(told);
    if (referenceId >>> 24 === 254) {
      seen.smeared++;
      const marked = ((referenceId << 8) >> 8) / 2 ** 22;
      const right = ideal(now) - error(now);
      // Of the second before, and by an estimate.
      if (Math.abs(between(MIDNIGHT, now)) > 3e9) expect(Math.abs(marked * 1e9 - right)).toBeLessThan(5e6);
    } else {
      expect([referenceIdOf('a'), referenceIdOf('b'), referenceIdOf('c')]).toContain(referenceId);
      expect(Math.abs(between(MIDNIGHT, now))).toBeGreaterThan(43_198e9);
    }
    seen.worst = Math.max(seen.worst, off);
    if (last) seen.step = Math.max(seen.step, Math.abs(between(last.told, told) - between(last.now, now)));
    last = { told, now };
  };
  return { seen, look };
};

describe.each(['insert', 'delete'] as const)('a leap second to %s', (leap) => {
  const start = (from: Nanos) =>
    makeWorld({
      seed: 1,
      servers: three(leap),
      config: LAN,
      start: after(MIDNIGHT, from),
      leapFile: telling(listOf(leap)),
    });

  it.each([
    { name: 'the first noon', from: -HALF_DAY - 1_200, smeared: 1_200, epoch: 1 },
    { name: 'the leap second', from: -1_200, smeared: 1_800, epoch: 2 },
    { name: 'the last noon', from: HALF_DAY - 1_200, smeared: 600, epoch: 1 },
  ])('the LAN is told even time through $name', async ({ from, smeared, epoch }) => {
    const world = await start(seconds(from));
    await world.pass(seconds(600));
    const { seen, look } = makeLook(world, leap);
    await world.pass(seconds(1_800), look);
    expect(seen).toMatchObject({ told: 1_800, untold: 0 });
    expect(Math.abs(seen.smeared - smeared)).toBeLessThan(10);
    expect(seen.worst).toBeLessThan(0.5e6);
    expect(seen.step).toBeLessThan(0.2e6); // 12 µs by the smear, the rest slewed
    expect(world.gateway().core().epoch).toBe(epoch);
  });

  it('and started six hours after it goes on where it was', async () => {
    const world = await start(seconds(5 * 3_600));
    await world.pass(HOUR);
    await world.restart();
    const { seen, look } = makeLook(world, leap);
    await world.pass(HOUR, look);
    expect(seen.untold).toBeLessThan(10);
    expect(seen.smeared).toBe(seen.told);
    expect(seen.worst).toBeLessThan(2e6);
  });
});

it('started a second before it, the LAN is told nothing until the sources have been asked after it', async () => {
  const world = await makeWorld({
    seed: 2,
    servers: three('insert'),
    config: LAN,
    start: before(seconds(1)),
    leapFile: telling(listOf('insert')),
  });
  const { seen, look } = makeLook(world, 'insert');
  await world.pass(seconds(300), look);
  expect(seen.untold).toBeGreaterThan(0);
  expect(seen.untold).toBeLessThan(150);
  expect(seen.told + seen.untold).toBe(300);
});

it('a host that slept just before it is told nothing of what it knew', async () => {
  const world = await makeWorld({
    seed: 3,
    servers: three('insert'),
    config: LAN,
    start: before(seconds(600)),
    leapFile: telling(listOf('insert')),
  });
  await world.pass(seconds(590));
  const { seen, look } = makeLook(world, 'insert');
  await world.suspend(seconds(30));
  await world.pass(seconds(1));
  await world.pass(seconds(600), look);
  expect(seen.told).toBeGreaterThan(400);
});

it('until the list is read the LAN is told nothing, and UTC if it cannot be read', async () => {
  let hear: (read: Result<LeapList, string>) => void = () => {};
  const leapFile = (heard: typeof hear) => {
    hear = heard;
    return () => {};
  };
  const late = () =>
    makeWorld({ seed: 4, servers: three('insert'), config: LAN, start: after(MIDNIGHT, HOUR), leapFile });
  const smeared = await late();
  const { seen, look } = makeLook(smeared, 'insert');
  await smeared.pass(seconds(10), look);
  expect(smeared.claim()).toBeDefined();
  hear(ok(listOf('insert')));
  await smeared.pass(seconds(10), look);
  expect(seen).toMatchObject({ told: 10, untold: 10, smeared: 10 });

  const unsmeared = await late();
  hear(refuse('unreadable', 'cannot read it'));
  await unsmeared.pass(seconds(10));
  const { transmitTimestamp } = servedBy(unsmeared);
  const utc = after(unsmeared.now(), leaping('insert')(unsmeared.now()));
  expect(Math.abs(between(utc, unixFromNtp(transmitTimestamp, utc)))).toBeLessThan(20e6);
  expect(unsmeared.logged.join()).toMatch(/cannot read it; .*; the LAN sees them unsmeared/);
});

describe('a source that smears', () => {
  const smearing = (smears: boolean, start: UnixNanos) =>
    makeWorld({
      seed: 5,
      servers: { ...three('insert'), s: makeServer({ error: smearOf('insert') }) },
      sources: { s: { smears } },
      start,
      leapFile: telling(listOf('insert')),
    });
  const verdictOf = (world: World) => world.gateway().core().selection.verdicts.get('s:123');

  it('is kept out by what is announced, where there is no list, until half a day after it', async () => {
    const server = () => makeLeaping(leaping('insert'), 'insert');
    const world = await makeWorld({
      seed: 6,
      servers: { a: server(), b: server(), c: server(), s: makeServer({ error: smearOf('insert') }) },
      sources: { s: { smears: true } },
      start: before(HOUR),
    });
    const hour = async () => {
      await world.pass(HOUR);
      return verdictOf(world);
    };
    for (let i = 0; i < 13; i++) expect(await hour()).toBe('smears');
    await world.pass(seconds(1_100)); // until it is asked again
    expect(verdictOf(world)).toBe('selected');
    expect(world.logged.filter((line) => line.startsWith('source s:123'))).toEqual([
      'source s:123: smears (within 12 h of a leap second its clock is smeared, as smears says)',
      'source s:123: selected (agrees with the majority)',
    ]);
    expect(contains(world.claim()!, after(world.now(), leaping('insert')(world.now())))).toBe(true);
  });

  it('is kept out as soon as a list says so, and is asked less often then', async () => {
    let hear: (read: Result<LeapList, string>) => void = () => {};
    const world = await makeWorld({
      seed: 7,
      servers: { ...three('insert'), s: makeServer({ error: smearOf('insert') }) },
      sources: { s: { smears: true } },
      start: after(MIDNIGHT, HOUR),
      leapFile: (heard) => {
        hear = heard;
        return () => {};
      },
    });
    await world.pass(seconds(200));
    expect(verdictOf(world)).toBe('falseticker');
    hear(ok(listOf('insert')));
    await world.pass(seconds(1));
    expect(verdictOf(world)).toBe('smears');
    expect(world.gateway().core().sources.get('s:123')!.estimator).toBeUndefined();
    await world.pass(seconds(2 * 3_600));
    expect(pollOf(world.gateway().core().sources.get('s:123')!.association.pace)).toBe(10);
  });

  it('and that is not said so, is a falseticker', async () => {
    const world = await smearing(false, before(HOUR));
    await world.pass(seconds(600));
    expect(verdictOf(world)).toBe('falseticker');
  });

  it.each([
    { name: 'before the first noon', from: -HALF_DAY - 1_800, inside: false },
    { name: 'at the first noon', from: -HALF_DAY + 60, inside: true },
    { name: 'after midnight', from: 3_600, inside: true },
    { name: 'after the last noon', from: HALF_DAY + 120, inside: false },
  ])('is $name heard or kept out, as it is said to', async ({ from, inside }) => {
    const world = await smearing(true, after(MIDNIGHT, seconds(from)));
    await world.pass(seconds(600));
    expect(verdictOf(world)).toBe(inside ? 'smears' : 'selected');
  });
});
