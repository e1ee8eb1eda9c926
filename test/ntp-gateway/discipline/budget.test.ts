import { describe, expect, it } from 'vitest';
import { width } from '#contract/interval.ts';
import { milliseconds, seconds } from '#contract/time.ts';
import { clockOf } from '../../../ntp-gateway/core/state.ts';
import { budgetOf } from '../../../ntp-gateway/discipline/budget.ts';
import { readClock } from '../../../ntp-gateway/discipline/clock.ts';
import { makeServer } from '../../simulation/server.ts';
import { makeWorld } from '../../simulation/world.ts';

/** A gateway in the simulation, each second: what its clock says of its width. */
const watch = async (length: number, servers: Parameters<typeof makeWorld>[0]['servers']) => {
  const world = await makeWorld({ seed: 1, servers });
  const seen: { width: number; parts: Record<string, number> }[] = [];
  await world.pass(seconds(length), () => {
    const clock = clockOf(world.gateway().core());
    if (!clock) return;
    const parts = Object.fromEntries(budgetOf(clock, world.mono()).map(({ name, length }) => [name, length]));
    seen.push({ width: width(readClock(clock, world.mono())), parts });
  });
  return { world, seen };
};

describe('the error budget', () => {
  it('sums to the width of the interval, each second', async () => {
    const { seen } = await watch(1_200, {
      a: makeServer(),
      b: makeServer({ there: milliseconds(9) }),
      c: makeServer(),
    });
    expect(seen.length).toBeGreaterThan(1_190);
    for (const { width, parts } of seen) {
      expect(Object.values(parts).reduce((a, b) => a + b)).toBeCloseTo(width, 0);
      for (const [name, length] of Object.entries(parts))
        if (name !== 'agreement') expect(length).toBeGreaterThanOrEqual(0);
    }
  });

  it('names what a wide interval is wide by', async () => {
    const largest = ({ parts }: { parts: Record<string, number> }) =>
      Object.entries(parts).reduce((a, b) => (b[1] > a[1] ? b : a))[0];
    const far = await watch(600, { a: makeServer({ there: milliseconds(80), back: milliseconds(80) }) });
    expect(largest(far.seen.at(-1)!)).toBe('path');
    const doubtful = await watch(600, { a: makeServer({ says: { rootDispersion: milliseconds(90) } }) });
    expect(largest(doubtful.seen.at(-1)!)).toBe('rootDistance');
  });

  it('says that the drift is assumed until it is measured', async () => {
    const { world } = await watch(2, { a: makeServer() });
    const clock = clockOf(world.gateway().core())!;
    const budget = budgetOf(clock, world.mono());
    const [oscillator, wander] = ['oscillator', 'wander'].map((part) => budget.find(({ name }) => name === part)!);
    expect(wander).toMatchObject({ basis: 'assumed' });
    expect(wander!.length).toBeGreaterThan(10 * oscillator!.length);
  });
});
