/** What is told of an interval reaches as far as it does, in JSON and in words. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, nanos, unixNanos } from '#contract/time.ts';
import { boundText, toldOf } from '../../../ntp-gateway/status/figures.ts';

const length = fc.double({ min: 0, max: 2e9, noNaN: true }).map(nanos);

describe('a reading of the clock', () => {
  it('holds what it held', () => {
    const moment = fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_900_000_000_000_000_000n }).map(unixNanos);
    fc.assert(
      fc.property(moment, length, length, (time, early, late) => {
        const [earliest, latest] = [after(time, nanos(-early)), after(time, late)];
        const told = toldOf({ earliest, time, latest });
        const nanosOf = (ms: number) => BigInt(Math.round(ms * 1e6));
        const [, micros = ''] = /\.(\d{6})Z$/.exec(told.time) ?? [];
        const at = BigInt(Date.parse(told.time)) * 1_000_000n + BigInt(micros.slice(3)) * 1_000n;
        expect(at - nanosOf(told.earlierMs)).toBeLessThanOrEqual(earliest);
        expect(at + nanosOf(told.laterMs)).toBeGreaterThanOrEqual(latest);
        expect(told.earlierMs + told.laterMs).toBeLessThan(Number(latest - earliest) / 1e6 + 0.003);
        expect(told.uncertaintyMs).toBe(Math.max(told.earlierMs, told.laterMs));
        expect(told.earlierMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('a bound', () => {
  const UNITS: Readonly<Record<string, number>> = { µs: 1e-3, ms: 1, s: 1e3 };
  it('is never less in words than it is', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 9e4, noNaN: true }), (ms) => {
        const [count = '', unit = ''] = boundText(ms).split(' ');
        const said = Number(count) * UNITS[unit]!;
        expect(said).toBeGreaterThanOrEqual(ms - 1e-9);
        expect(said).toBeLessThan(ms * 1.011 + 0.001);
      }),
    );
  });

  it.each([
    [0, '0 µs'],
    [0.145, '145 µs'],
    [0.1451, '146 µs'],
    [3.214, '3.22 ms'],
  ])('%d ms is %s', (ms, said) => {
    expect(boundText(ms)).toBe(said);
  });
});
