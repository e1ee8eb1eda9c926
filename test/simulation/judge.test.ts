import { describe, expect, it } from 'vitest';
import { after, between, milliseconds, type Nanos, nanos, seconds } from '#contract/time.ts';
import type { Contestant } from './contestant.ts';
import { makeJudge, OURS } from './judge.ts';
import { makeServer } from './server.ts';
import { makeWorld } from './world.ts';

const MINUTES = 20;

/** Judges contestants whose errors after so many seconds are known; undefined where they claim nothing. */
const judge = async (
  error: (elapsed: number) => Nanos | undefined,
  { rootDistance = milliseconds(2), warmUp = nanos(0) } = {},
) => {
  const world = await makeWorld({ seed: 1, servers: { a: makeServer(), b: makeServer() } });
  const start = world.now();
  const heard = new Map<string, number>();
  const contestant: Contestant = {
    name: 'scripted',
    measured: (source, { exchange }) => {
      expect(exchange.t4).toBe(world.mono());
      heard.set(source, (heard.get(source) ?? 0) + 1);
    },
    read: () => {
      const wrong = error(between(start, world.now()) / 1e9);
      return wrong === undefined ? undefined : { time: after(world.now(), wrong), rootDistance };
    },
  };
  const { look, verdicts } = makeJudge(world, [contestant], { warmUp });
  await world.pass(seconds(60 * MINUTES), look);
  const all = verdicts();
  return { world, heard, ours: all.get(OURS)!, theirs: all.get('scripted')! };
};

describe('judge', () => {
  it('knows a constant error, the width and the cover of what was claimed', async () => {
    const { theirs } = await judge(() => milliseconds(-0.5));
    expect(theirs).toMatchObject({ rms: 500_000, p999: 500_000, worst: 500_000, width: 2e6, coverage: 1 });
    expect(theirs).toMatchObject({ availability: 1, toMillisecond: 1e9 });
    const { theirs: proud } = await judge((s) => (s > 300 ? milliseconds(0.5) : nanos(0)), {
      rootDistance: nanos(1e5),
    });
    expect(proud.coverage).toBe(300 / (60 * MINUTES));
  });

  it('tells the rare from the usual, and the start from what follows', async () => {
    const once = (s: number) => milliseconds(s === 600 ? 30 : 0);
    expect((await judge(once)).theirs).toMatchObject({ rms: 30e6 / Math.sqrt(60 * MINUTES), worst: 30e6, p999: 0 });
    expect((await judge(once, { warmUp: seconds(600) })).theirs.worst).toBe(0);
    const thrice = (s: number) => milliseconds(s > 600 && s <= 603 ? 30 : 0);
    expect((await judge(thrice)).theirs.p999).toBe(30e6);
  });

  it('counts silence from the first word on', async () => {
    const { theirs } = await judge((s) => (s > 240 && (s <= 480 || s > 720) ? nanos(0) : undefined));
    expect(theirs.availability).toBe(720 / 960);
    expect(theirs.toMillisecond).toBe(241e9);
    expect((await judge(() => undefined)).theirs).toMatchObject({ availability: 0, toMillisecond: Infinity });
  });

  it('has 1 ms from where ten looks in a row are within it', async () => {
    const { theirs } = await judge((s) => milliseconds(s < 300 && s % 10 === 0 ? 5 : s < 400 ? 0.9 : 5));
    expect(theirs.toMillisecond).toBe(291e9);
  });

  it('hands on each reply that was learnt from, once, and judges our own clock by the same looks', async () => {
    const { world, heard, ours } = await judge(() => undefined);
    const measured = [...world.gateway().core().sources].map(([id, { association }]) => [
      id,
      association.counters.measured,
    ]);
    expect([...heard]).toEqual(measured);
    expect(ours).toMatchObject({ coverage: 1, availability: 1 });
    expect(ours.rms).toBeLessThan(1e6);
    expect(ours.width).toBeGreaterThan(5e6);
  });
});
