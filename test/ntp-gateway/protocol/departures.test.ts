import { describe, expect, it } from 'vitest';
import { newDepartures } from '../../../ntp-gateway/protocol/departures.ts';
import { randomFrom } from '../../support/dice.ts';

/** Receive timestamps of requests that come at random within a minute, in order. */
const stamps = (count: number): readonly (readonly [number, number])[] => {
  const dice = randomFrom(1);
  return Array.from({ length: count }, () => 60 * dice.fraction())
    .sort((a, b) => a - b)
    .map((at) => [Math.floor(at) - 20, Math.floor((at % 1) * 2 ** 32) | 1] as const);
};

describe('departures', () => {
  it('are found by the receive timestamp, once they are known', () => {
    const departures = newDepartures();
    departures.expect(-5, 7);
    expect(departures.find(-5, 7)).toBe(-1);
    departures.left(-5, 7, -5, 12);
    const place = departures.find(-5, 7);
    expect([departures.transmitSeconds[place], departures.transmitFraction[place]]).toEqual([-5, 12]);
    expect([departures.find(-5, 9), departures.find(-4, 7)]).toEqual([-1, -1]);
  });

  it('are nobody’s that were not expected', () => {
    const departures = newDepartures();
    departures.left(1, 3, 1, 4);
    expect(departures.find(1, 3)).toBe(-1);
  });

  it('are all kept, or nearly, of ten thousand clients', () => {
    const departures = newDepartures();
    const all = stamps(10_000);
    for (const [seconds, fraction] of all) {
      departures.expect(seconds, fraction);
      departures.left(seconds, fraction, seconds, fraction + 1);
    }
    const kept = all.filter(([seconds, fraction]) => departures.find(seconds, fraction) >= 0);
    expect(kept.length).toBeGreaterThan(9_900);
  });

  it('of the newest are kept, however many come', () => {
    const departures = newDepartures();
    const all = stamps(1_000_000);
    for (const [seconds, fraction] of all) {
      departures.expect(seconds, fraction);
      departures.left(seconds, fraction, seconds, fraction + 1);
    }
    const kept = all.slice(-5_000).filter(([seconds, fraction]) => departures.find(seconds, fraction) >= 0);
    expect(kept.length).toBeGreaterThan(4_950);
  });

  it('are all forgotten at once', () => {
    const departures = newDepartures();
    departures.expect(1, 3);
    departures.left(1, 3, 1, 4);
    departures.forget();
    expect(departures.find(1, 3)).toBe(-1);
  });
});
