import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { milliseconds, nanos, type UnixNanos, unixMillis } from '#contract/time.ts';
import { skewFrom, type TimeExchange } from '../../client/skew.ts';
import { evenly } from '../support/evenly.ts';

const at = (ms: number): UnixNanos => (unixMillis(1_795_336_200_000) + BigInt(Math.round(ms * 1e6))) as UnixNanos;
const exchange = (sentMs: number, receivedMs: number, timeMs: number, halfMs: number): TimeExchange => ({
  sent: at(sentMs),
  received: at(receivedMs),
  answer: { time: at(timeMs), earliest: at(timeMs - halfMs), latest: at(timeMs + halfMs) },
});

describe('the skew of a device', () => {
  it('is theirs minus ours: a slow device has a positive one', () => {
    const slow = skewFrom([exchange(0, 10, 105, 1)], nanos(0));
    expect(slow).toMatchObject({ ok: true, value: { offset: 100e6, earliest: 94e6 } });
    const fast = skewFrom([exchange(0, 10, -95, 1)], nanos(0));
    expect(fast).toMatchObject({ ok: true, value: { offset: -100e6 } });
  });

  it('is taken from the quickest exchange, and bounded by all of them', () => {
    const both = skewFrom([exchange(0, 100, 90, 1), exchange(200, 204, 242, 3)], nanos(0));
    expect(both).toMatchObject({ ok: true, value: { offset: 40e6, earliest: 35e6 } });
  });

  it('is wider by what the device does not know about its own clock', () => {
    const result = skewFrom([exchange(0, 10, 5, 0)], milliseconds(2));
    expect(result).toMatchObject({ ok: true, value: { offset: 0, earliest: -7e6 } });
  });

  it('cannot be told when the exchanges contradict each other, or there are none', () => {
    const contradiction = { ok: false, reason: 'contradiction' };
    expect(skewFrom([exchange(0, 10, 5, 0), exchange(20, 30, 125, 0)], nanos(0))).toEqual(contradiction);
    expect(skewFrom([], nanos(0))).toEqual(contradiction);
  });

  it('is always within its bound, whatever the delays', () => {
    const delay = evenly({ min: 0, max: 500 });
    const rounds = fc.array(
      fc.record({
        up: delay,
        down: delay,
        pause: delay,
        early: delay,
        late: delay,
        where: evenly({ min: 0, max: 1 }),
      }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    const ppm = evenly({ min: -400, max: 400 });
    fc.assert(
      fc.property(rounds, evenly({ min: -1e6, max: 1e6 }), ppm, (drawn, aheadMs, drift) => {
        let now = 0;
        const device = (ms: number) => ms + aheadMs + (ms * drift) / 1e6;
        const exchanges = drawn.map(({ up, down, pause, early, late, where }): TimeExchange => {
          const sent = at(device(now));
          now += up;
          const answer = {
            earliest: at(now - early),
            time: at(now - early + where * (early + late)),
            latest: at(now + late),
          };
          now += down;
          const received = at(device(now));
          now += pause;
          return { sent, received, answer };
        });
        // From the first exchange to the last the device drifts off by no more than this; some ns for rounding in the drawing.
        const error = milliseconds((now * Math.abs(drift)) / 1e6 + 1e-5);
        const skew = skewFrom(exchanges, error);
        if (!skew.ok) throw new Error(skew.reason);
        expect(skew.value.earliest).toBeLessThanOrEqual(-aheadMs * 1e6 + 1);
        expect(skew.value.latest).toBeGreaterThanOrEqual(-aheadMs * 1e6 - 1);
        expect(skew.value.offset).toBeGreaterThanOrEqual(skew.value.earliest);
        expect(skew.value.offset).toBeLessThanOrEqual(skew.value.latest);
      }),
    );
  });
});
