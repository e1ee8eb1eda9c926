/** An hour that nothing but a slew may take away, with the oscillator and against it; and a day on a home line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { between, milliseconds, nanos, seconds, type UnixNanos } from '#contract/time.ts';
import type { SystemClockConfig } from '../../../ntp-gateway/config.ts';
import { FASTEST_SLEW } from '../../../ntp-gateway/discipline/clock.ts';
import { draws } from '../../support/draws.ts';
import { exponential } from '../noise.ts';
import { makeServer } from '../server.ts';
import { makeSteeredHost, watchHost } from '../steered-host.ts';
import { START } from '../world.ts';

const HOUR = 3_600;

describe('the host’s clock', () => {
  it.each([
    [HOUR, 4e-4],
    [HOUR, -4e-4],
    [-HOUR, 4e-4],
    [-HOUR, -4e-4],
  ])('slews %d s away, on an oscillator that is slow by %f', async (off, drift) => {
    const host = await makeSteeredHost({ off: seconds(off), drift });
    const seen = watchHost(host);
    await host.world.pass(seconds(12.5 * HOUR), seen.look);
    expect(host.kernel.steps).toEqual([]);
    seen.expectLed(300);
  });

  it('is led for a day', async () => {
    const far = () =>
      makeServer({ there: milliseconds(15), back: milliseconds(15), noise: exponential(milliseconds(3)) });
    const host = await makeSteeredHost({ servers: { a: far(), b: far(), c: far(), d: far() }, off: nanos(-40e6) });
    const seen = watchHost(host);
    await host.world.pass(seconds(24 * HOUR), seen.look);
    seen.expectLed(23 * HOUR);
  });

  it('whatever happens to it: our interval holds, what the kernel tells is true while it is ours, and `slew` never steps', async () => {
    const happening = fc.oneof(
      fc.record({ kind: fc.constant('suspend' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
      fc.record({ kind: fc.constant('set' as const), ms: fc.integer({ min: -5_000, max: 5_000 }) }),
      fc.record({ kind: fc.constant('another' as const), freq: fc.integer({ min: -3e7, max: 3e7 }) }),
      fc.record({ kind: fc.constant('restart' as const) }),
      fc.record({ kind: fc.constant('refuse' as const), isPermitted: fc.boolean() }),
    );
    const days = fc.record({
      seed: fc.integer({ min: 1, max: 1e6 }),
      mode: fc.constantFrom<SystemClockConfig>('slew', 'step-and-slew'),
      offMs: fc.integer({ min: -20_000, max: 20_000 }),
      drift: fc.double({ min: -4e-4, max: 4e-4, noNaN: true }),
      downs: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 4 }),
      course: fc.array(fc.record({ after: fc.integer({ min: 1, max: 600 }), what: happening }), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(days, async ({ seed, mode, offMs, drift, downs, course }) => {
        const isUp = (now: UnixNanos): boolean => !downs.includes(Math.floor(between(START, now) / 300e9));
        const servers = { a: makeServer({ isUp }), b: makeServer({ isUp, loss: 0.2 }), c: makeServer({ isUp }) };
        const host = await makeSteeredHost({ seed, mode, off: milliseconds(offMs), drift, servers });
        const { world, kernel } = host;
        const { look } = watchHost(host);
        for (const { after: wait, what } of course) {
          await world.pass(seconds(wait), look);
          if (what.kind === 'suspend') await world.suspend(seconds(what.seconds));
          else if (what.kind === 'set') kernel.put({ step: milliseconds(what.ms) });
          else if (what.kind === 'another') kernel.put({ freq: what.freq, status: 0, maxError: 1_000, estError: 1 });
          else if (what.kind === 'restart') await world.restart();
          else kernel.answerBy(what.isPermitted ? ok : () => refuse('not-permitted'));
          await world.pass(seconds(1)); // until the next look at it
        }
        await world.pass(seconds(900), look);
        if (mode === 'slew') expect(kernel.steps).toEqual([]);
        expect(Math.max(0, ...kernel.rates.map(Math.abs))).toBeLessThanOrEqual(FASTEST_SLEW + 1e-9);
      }),
      { numRuns: draws(3) },
    );
  });
});
