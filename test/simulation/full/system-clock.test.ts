/** An hour that nothing but a slew may take away, with the oscillator and against it; and a day on a home line. */
import { describe, expect, it } from 'vitest';
import { milliseconds, nanos, seconds } from '#contract/time.ts';
import { exponential } from '../noise.ts';
import { makeServer } from '../server.ts';
import { makeSteeredHost, watchHost } from '../steered-host.ts';

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
      makeServer({ there: milliseconds(15), back: milliseconds(18), noise: exponential(milliseconds(3)) });
    const host = await makeSteeredHost({ servers: { a: far(), b: far(), c: far(), d: far() }, off: nanos(-40e6) });
    const seen = watchHost(host);
    await host.world.pass(seconds(24 * HOUR), seen.look);
    seen.expectLed(23 * HOUR);
  });
});
