import { expect, it } from 'vitest';
import { floorIn } from '../../client/floor.ts';

const RELEASED = Date.UTC(2026, 10, 25);
const KEY = 'noonmark floor k';
const storing = (kept = new Map<string, string>()) => ({
  kept,
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => void kept.set(name, value),
});

it('is kept for each key', () => {
  const store = storing();
  floorIn(store, KEY).save(RELEASED + 1_000.25);
  expect(floorIn(store, KEY).load()).toBe(RELEASED + 1_000.25);
  expect(floorIn(store, 'noonmark floor j').load()).toBe(RELEASED);
});

it('is not lowered by a tab that has heard less', () => {
  const store = storing();
  const [one, other] = [floorIn(store, KEY), floorIn(store, KEY)];
  one.save(RELEASED + 2_000);
  other.save(RELEASED + 1_000);
  expect(one.load()).toBe(RELEASED + 2_000);
  other.save(RELEASED + 3_000);
  expect(one.load()).toBe(RELEASED + 3_000);
});

it.each(['', 'NaN', 'Infinity', '-Infinity', '12', '1e999', 'tomorrow', '{}'])(
  'is the day of the release where %j is kept, and can be raised from there',
  (value) => {
    const store = storing(new Map([[KEY, value]]));
    const floor = floorIn(store, KEY);
    expect(floor.load()).toBe(RELEASED);
    floor.save(RELEASED + 1);
    expect(floor.load()).toBe(RELEASED + 1);
  },
);

it('stays the day of the release where nothing may be kept', () => {
  const forbid = (): never => {
    throw new Error('SecurityError');
  };
  for (const store of [undefined, { getItem: forbid, setItem: forbid }]) {
    const floor = floorIn(store, KEY);
    floor.save(RELEASED + 1);
    expect(floor.load()).toBe(RELEASED);
  }
});
