import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, type Verdict, withLifetime } from '../../../../client/cli/token/judge.ts';
import type { Validity } from '../../../../client/cli/token/validity.ts';
import type { Reading } from '../../../../client/estimate.ts';

const at = (earliest: number, latest = earliest): Reading => ({ earliest, time: (earliest + latest) / 2, latest });

describe('a token by true time', () => {
  const TOKEN = { issuedAt: 50_000, notBefore: 60_000, expires: 90_000 };
  it.each<[string, Validity, Reading, Verdict]>([
    ['before it begins', TOKEN, at(0, 59_999), 'not-yet-valid'],
    ['as it begins', TOKEN, at(60_000), 'valid'],
    ['where it may have begun', TOKEN, at(59_999, 60_000), 'undecided'],
    ['to the end', TOKEN, at(60_000, 89_999), 'valid'],
    ['where it may have ended', TOKEN, at(89_999, 90_000), 'undecided'],
    ['as it ends', TOKEN, at(90_000), 'expired'],
    ['where anything is possible', TOKEN, at(0, 1e6), 'undecided'],
    ['before it was made', { issuedAt: 60_000 }, at(59_999), 'not-yet-valid'],
    ['made for later', { issuedAt: 0, notBefore: 60_000 }, at(59_999), 'not-yet-valid'],
    ['without an end', { issuedAt: 0 }, at(8e15), 'valid'],
    ['without any time', {}, at(0), 'valid'],
    ['with a hidden end', { issuedAt: 60_000, expires: 'hidden' }, at(60_000), 'expiry-unknown'],
    ['with a hidden end, before it was made', { issuedAt: 60_000, expires: 'hidden' }, at(0), 'not-yet-valid'],
    ['with a hidden end, about when it was made', { issuedAt: 60_000, expires: 'hidden' }, at(0, 1e5), 'undecided'],
    ['that ends before it begins, before', { notBefore: 60_000, expires: 50_000 }, at(55_000), 'not-yet-valid'],
    ['that ends before it begins, after', { notBefore: 60_000, expires: 50_000 }, at(60_000), 'expired'],
  ])('%s', (_, token, now, verdict) => {
    expect(judge(token, now, now).verdict).toBe(verdict);
  });
});

describe('which clock is wrong', () => {
  it('this host’s is, where it cannot have read what true time was', () => {
    const { verdict, verdictHere, skew } = judge({ issuedAt: 60_000 }, at(61_990, 62_010), at(59_000, 59_001));
    expect([verdict, verdictHere]).toEqual(['valid', 'not-yet-valid']);
    expect(skew).toEqual({ earliest: 2_989, offset: 2_999.5, latest: 3_010 });
  });

  it('the issuer’s is, where it has made the token later than now', () => {
    expect(judge({ issuedAt: 100_000 }, at(60_000, 60_010), at(60_005)).issuerAheadMs).toBe(38_990);
  });

  it('the issuer’s need not be where it may have rounded up, or meant the token for later', () => {
    expect(judge({ issuedAt: 61_000 }, at(60_000, 60_010), at(60_005))).not.toHaveProperty('issuerAheadMs');
    expect(judge({ notBefore: 99_000 }, at(60_000, 60_010), at(60_005))).not.toHaveProperty('issuerAheadMs');
    expect(judge({}, at(60_000), at(60_000))).not.toHaveProperty('issuerAheadMs');
  });
});

describe('a lifetime', () => {
  it('is counted from when the token was made, where it does not say itself when it ends', () => {
    expect(withLifetime({ issuedAt: 5, expires: 'hidden' }, 10).expires).toBe(15);
    expect(withLifetime({ issuedAt: 5 }, 10).expires).toBe(15);
    expect(withLifetime({ issuedAt: 5, expires: 7 }, 10).expires).toBe(7);
    expect(withLifetime({ issuedAt: 5, expires: 'hidden' }, undefined).expires).toBe('hidden');
    expect(withLifetime({}, 10)).toEqual({});
  });
});

describe('of any token and any clocks', () => {
  const ms = fc.integer({ min: 0, max: 5_000 });
  const span = fc.tuple(ms, ms).map(([a, b]) => at(Math.min(a, b), Math.max(a, b)));
  const token = fc.record(
    { issuedAt: ms, notBefore: ms, expires: fc.oneof(ms, fc.constant('hidden' as const)) },
    { requiredKeys: [] },
  );

  it('a verdict holds at each moment that true time may be, and where none does it is undecided', () => {
    fc.assert(
      fc.property(token, span, (token, now) => {
        const { verdict } = judge(token, now, now);
        const edges = [token.issuedAt, token.notBefore, token.expires].filter((edge) => typeof edge === 'number');
        const moments = [now.earliest, now.latest, ...edges.flatMap((edge) => [edge - 1, edge])].filter(
          (moment) => now.earliest <= moment && moment <= now.latest,
        );
        const verdicts = new Set(moments.map((moment) => judge(token, at(moment), at(moment)).verdict));
        expect([...verdicts]).toEqual(verdict === 'undecided' ? expect.anything() : [verdict]);
        if (verdict === 'undecided') expect(verdicts.size).toBeGreaterThan(1);
      }),
    );
  });

  it('where this host decides otherwise, its clock is certainly wrong', () => {
    fc.assert(
      fc.property(token, span, span, (token, now, here) => {
        const { verdict, verdictHere, skew } = judge(token, now, here);
        fc.pre(verdict !== verdictHere && verdict !== 'undecided' && verdictHere !== 'undecided');
        expect(skew.earliest > 0 || skew.latest < 0).toBe(true);
      }),
    );
  });

  it('no issuer is said to be further ahead than it was', () => {
    const rounding = fc.constantFrom(Math.floor, Math.round, Math.ceil);
    fc.assert(
      fc.property(
        ms,
        ms,
        fc.integer({ min: -5_000, max: 5_000 }),
        rounding,
        span,
        (made, since, ahead, round, width) => {
          const issuedAt = Math.max(0, round((made + ahead) / 1_000) * 1_000);
          const now = at(made + since - width.earliest, made + since + width.latest);
          const { issuerAheadMs } = judge({ issuedAt }, now, now);
          if (issuerAheadMs !== undefined) expect(issuerAheadMs).toBeLessThanOrEqual(ahead);
        },
      ),
    );
  });
});
