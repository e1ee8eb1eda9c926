import { describe, expect, it } from 'vitest';
import { milliseconds, seconds } from '#contract/time.ts';
import { takeLookWithin } from '../../../ntp-gateway/discipline/jump.ts';
import { EVERY_SECONDS, historyOf, newHistory, note } from '../../../ntp-gateway/status/history.ts';
import { sourcesOf } from '../../../ntp-gateway/status/sources.ts';
import { statusOf } from '../../../ntp-gateway/status/status.ts';
import { makeServer } from '../../simulation/server.ts';
import { makeWorld } from '../../simulation/world.ts';

const COUNTERS = { served: 0, interleaved: 0, authenticated: 0, kissed: 0, dropped: {} };

const makeLife = async (counters: (round: number) => typeof COUNTERS = () => COUNTERS) => {
  const servers = { good: makeServer(), fine: makeServer(), silent: makeServer({ isUp: () => false }) };
  const world = await makeWorld({ seed: 1, servers, wallOffset: milliseconds(5) });
  const history = newHistory();
  let round = 0;
  const pass = async (rounds: number): Promise<void> => {
    for (let i = 0; i < rounds; i++) {
      await world.pass(seconds(EVERY_SECONDS));
      const [core, now] = [world.gateway().core(), world.ports.mono()];
      note(
        history,
        core,
        statusOf(core, counters(round++), now, { host: takeLookWithin(world.ports) }),
        sourcesOf(core, now),
      );
    }
  };
  return { pass, history, core: () => world.gateway().core() };
};

describe('the history', () => {
  it('is what the pages said, of the clock and of each source that was asked', async () => {
    const { pass, history, core } = await makeLife();
    await pass(10);
    const { at, lanes, everySeconds, now: moment, unixSeconds } = historyOf(history, core());
    expect(everySeconds).toBe(2);
    expect(at).toHaveLength(10);
    expect(at.slice(1).map((one, i) => one - at[i]!)).toEqual(Array(9).fill(expect.closeTo(2, 1)));
    expect(Object.keys(lanes)).toEqual(['clock', 'server', 'source good:123', 'source fine:123', 'source silent:123']);
    const { hostOffsetMs, earlierMs, laterMs } = lanes.clock!;
    expect(hostOffsetMs!.at(-1)! - laterMs!.at(-1)!).toBeLessThanOrEqual(5);
    expect(hostOffsetMs!.at(-1)! + earlierMs!.at(-1)!).toBeGreaterThanOrEqual(5);
    const [good] = sourcesOf(core(), core().lastLook!.now);
    expect(good).toMatchObject({ delayMs: lanes['source good:123']!.delayMs!.at(-1) });
    expect(lanes['source silent:123']!.delayMs).toEqual(Array(10).fill(null));
    // The same instant twice: the host is 5 ms fast, and the gateway knows that.
    expect(moment).toBe(at.at(-1));
    const { wall } = core().lastLook!;
    expect(Math.abs(unixSeconds - (Number(wall) / 1e9 - 0.005))).toBeLessThan(laterMs!.at(-1)! / 1e3 + 1e-6);
  });

  it('tells who asks again only what is new', async () => {
    const { pass, history, core } = await makeLife();
    await pass(3);
    const { at } = historyOf(history, core());
    await pass(2);
    const later = historyOf(history, core(), at.at(-1));
    expect(later.at).toHaveLength(2);
    expect(later.lanes.clock!.earlierMs).toHaveLength(2);
    expect(historyOf(history, core()).at.slice(3)).toEqual(later.at);
  });

  it('has rates of what is counted, by word, and none below 0 where a thread was started anew', async () => {
    const counts = [
      { served: 100, kissed: 0, dropped: {} },
      { served: 140, kissed: 10, dropped: { mode: 8 } },
      { served: 0, kissed: 0, dropped: { mode: 8, 'too-short': 2 } },
    ];
    const { pass, history, core } = await makeLife((round) => ({ ...COUNTERS, ...counts[round]! }));
    await pass(3);
    const { lanes } = historyOf(history, core());
    const { repliesPerSecond, dropsPerSecond } = lanes.server!;
    expect(repliesPerSecond).toEqual([null, expect.closeTo(25, 0), 0]);
    expect(dropsPerSecond).toEqual([null, expect.closeTo(4, 0), expect.closeTo(1, 0)]);
    expect(lanes['dropped mode']).toEqual({ perSecond: [null, expect.closeTo(4, 0), 0] });
    expect(lanes['dropped too-short']).toEqual({ perSecond: [null, null, expect.closeTo(1, 0)] });
  });

  it('has no row twice for one look at the clocks, and is an hour long', async () => {
    const { history, core, pass } = await makeLife();
    await pass(1);
    const [status, sources] = [
      statusOf(core(), COUNTERS, core().lastLook!.now),
      sourcesOf(core(), core().lastLook!.now),
    ];
    note(history, core(), status, sources);
    expect(historyOf(history, core()).at).toHaveLength(1);
    for (let i = 1; i <= 2_000; i++) {
      const { now, ...look } = core().lastLook!;
      const later = { ...look, now: (now + BigInt(i) * 2_000_000_000n) as typeof now };
      note(history, { ...core(), lastLook: later }, status, sources);
    }
    const { at } = historyOf(history, core());
    expect(at).toHaveLength(1_800);
    expect(at.at(-1)! - at[0]!).toBeCloseTo(3_598, 3);
  });
});
