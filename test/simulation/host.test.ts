import { describe, expect, it } from 'vitest';
import { after, between, nanos, seconds, unixNanos } from '#contract/time.ts';
import { randomFrom } from '../support/dice.ts';
import { makeHost } from './host.ts';
import { makeOscillator, type OscillatorOptions } from './oscillator.ts';
import { makeTimeline } from './timeline.ts';

const make = (options: OscillatorOptions) => makeOscillator(options, randomFrom(1));

describe('host', () => {
  it('reads a clock that never goes back, however short the steps', async () => {
    const timeline = makeTimeline(unixNanos(0n));
    const dice = randomFrom(7);
    const host = makeHost(timeline, make({ frequency: 4e-4, wander: 1e-6 }), nanos(0));
    let last = host.mono();
    for (let i = 0; i < 20_000; i++) {
      await timeline.advance(after(timeline.now(), nanos(i % 2 ? 1 : 5e8 * dice.fraction())));
      const next = host.mono();
      expect(next >= last).toBe(true);
      last = next;
    }
  });

  it.each(['suspend', 'migrate'] as const)('%s: its oscillator and its timers stand still', async (way) => {
    const timeline = makeTimeline(unixNanos(0n));
    const host = makeHost(timeline, make({}), nanos(0));
    const [mono, wall] = [host.mono(), host.wall()];
    let fired: bigint | undefined;
    host.timer(after(mono, seconds(2)), () => {
      fired = timeline.now();
    });
    await host[way](seconds(60));
    await host[way](seconds(40)); // asleep again before it has noticed
    await timeline.advance(after(timeline.now(), seconds(10)));
    expect(between(mono, host.mono())).toBeCloseTo(10e9, -1);
    expect(between(wall, host.wall())).toBeCloseTo(way === 'suspend' ? 110e9 : 10e9, -1);
    expect(fired).toBe(102_000_000_001n);
  });

  it('never fires a timer early by its own clock, though it becomes slower meanwhile', async () => {
    const timeline = makeTimeline(unixNanos(0n));
    const host = makeHost(timeline, make({ steps: [{ at: seconds(5), by: 1e-3 }] }), nanos(0));
    const until = after(host.mono(), seconds(60));
    let fired: bigint | undefined;
    host.timer(until, () => {
      fired = host.mono();
    });
    await timeline.advance(after(timeline.now(), seconds(70)));
    expect(fired! - until).toBeGreaterThanOrEqual(0n);
    expect(fired! - until).toBeLessThan(10n);
  });
});
