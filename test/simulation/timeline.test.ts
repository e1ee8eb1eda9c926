import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, nanos, unixNanos } from '#contract/time.ts';
import { makeTimeline } from './timeline.ts';

const START = unixNanos(0n);

describe('timeline', () => {
  it('fires in the order of time, then of asking, and nothing that was called off', async () => {
    const plans = fc.array(fc.record({ at: fc.nat(20), isKept: fc.boolean() }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(plans, async (planned) => {
        const timeline = makeTimeline(START);
        const fired: number[] = [];
        const cancels = planned.map(({ at }, i) => timeline.at(after(START, nanos(at)), () => fired.push(i)));
        planned.forEach(({ isKept }, i) => void (isKept || cancels[i]!()));
        await timeline.advance(after(START, nanos(20)));
        const kept = planned.flatMap(({ at, isKept }, i) => (isKept ? [{ at, i }] : []));
        expect(fired).toEqual(kept.sort((a, b) => a.at - b.at).map(({ i }) => i));
      }),
    );
  });

  it('knows its time while it fires, and goes no further than asked', async () => {
    const timeline = makeTimeline(START);
    const seen: bigint[] = [];
    const note = () => seen.push(timeline.now());
    timeline.at(after(START, nanos(5)), () => {
      note();
      timeline.at(after(START, nanos(1)), note); // past: at once
      timeline.at(after(START, nanos(11)), note);
    });
    await timeline.advance(after(START, nanos(10)));
    expect(seen).toEqual([5n, 5n]);
    expect(timeline.now()).toBe(10n);
  });

  it('stands still for promises that are ready', async () => {
    const timeline = makeTimeline(START);
    const seen: bigint[] = [];
    timeline.at(after(START, nanos(5)), () => {
      timeline.stir();
      void Promise.resolve().then(() => seen.push(timeline.now()));
    });
    timeline.at(after(START, nanos(6)), () => {});
    await timeline.advance(after(START, nanos(6)));
    expect(seen).toEqual([5n]);
  });
});
