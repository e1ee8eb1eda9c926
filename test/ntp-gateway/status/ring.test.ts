import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Figures, newRing, put, rowsSince } from '../../../ntp-gateway/status/ring.ts';

const valuesOf = (lanes: Readonly<Record<string, Figures>>) => Object.entries(lanes);

describe('figures over time', () => {
  it('are told as they were put in, and null where there were none', () => {
    const ring = newRing(8, 4);
    put(ring, 1, valuesOf({ clock: { offset: 0.5, bound: undefined } }));
    put(ring, 3, valuesOf({ clock: { offset: undefined, bound: 2 }, 'source a': { delay: 7 } }));
    put(ring, 5, []);
    expect(rowsSince(ring, Number.NEGATIVE_INFINITY)).toEqual({
      at: [1, 3, 5],
      lanes: {
        clock: { offset: [0.5, null, null], bound: [null, 2, null] },
        'source a': { delay: [null, 7, null] },
      },
    });
    expect(rowsSince(ring, 3)).toEqual({
      at: [5],
      lanes: { clock: { offset: [null], bound: [null] }, 'source a': { delay: [null] } },
    });
    expect(rowsSince(ring, 5).at).toEqual([]);
    expect(rowsSince(ring, Number.NaN).at).toEqual([]);
  });

  it('go back no farther than the ring is long, also those of a lane that has fallen silent', () => {
    const ring = newRing(3, 2);
    put(ring, 0, valuesOf({ a: { x: 10 } }));
    for (let at = 1; at <= 3; at++) put(ring, at, valuesOf({ b: { x: at } }));
    expect(rowsSince(ring, -1)).toEqual({ at: [1, 2, 3], lanes: { b: { x: [1, 2, 3] } } });
  });

  it('begin anew where their clock has gone back', () => {
    const ring = newRing(3, 2);
    put(ring, 100, valuesOf({ a: { x: 1 } }));
    put(ring, 4, valuesOf({ b: { x: 2 } }));
    expect(rowsSince(ring, -1)).toEqual({ at: [4], lanes: { b: { x: [2] } } });
  });

  it('are of so many lanes at most: who was silent for longest makes room, and nobody who speaks', () => {
    const ring = newRing(10, 2);
    put(ring, 1, valuesOf({ a: { x: 1 }, b: { x: 1 } }));
    put(ring, 2, valuesOf({ b: { x: 2 } }));
    put(ring, 3, valuesOf({ b: { x: 3 }, c: { x: 3 }, d: { x: 3 } }));
    expect(rowsSince(ring, 0).lanes).toEqual({ b: { x: [1, 2, 3] }, c: { x: [null, null, 3] } });
  });

  it('take the names of strangers for names alone', () => {
    const ring = newRing(2, 2);
    put(ring, 1, [['__proto__', { x: 1 }]]);
    expect(JSON.stringify(rowsSince(ring, 0))).toBe('{"at":[1],"lanes":{"__proto__":{"x":[1]}}}');
  });

  it('are the newest of all that was ever put in, whatever that was', () => {
    const lane = fc.constantFrom('a', 'b', 'c');
    const row = fc.dictionary(lane, fc.option(fc.double({ noNaN: true }), { nil: undefined }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(row, { maxLength: 20 }), (length, rows) => {
        const ring = newRing(length, 3);
        for (const [at, one] of rows.entries()) {
          const lanes = Object.entries(one).map(([name, x]) => [name, { x }] as const);
          put(ring, at, lanes);
        }
        const { at, lanes } = rowsSince(ring, -1);
        const kept = rows.slice(-length);
        expect(at).toEqual(kept.map((_, i) => rows.length - kept.length + i));
        for (const name of ['a', 'b', 'c']) {
          const values = kept.map((one) => one[name] ?? null);
          expect(lanes[name]?.x ?? kept.map(() => null)).toEqual(values);
        }
      }),
    );
  });
});
