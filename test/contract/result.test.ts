import { describe, expect, expectTypeOf, it } from 'vitest';
import { ok, type Result, refuse } from '#contract/result.ts';

describe('a result', () => {
  it('is a value or a word, and a detail only where there is one', () => {
    expect(ok(7)).toStrictEqual({ ok: true, value: 7 });
    expect(refuse('stale')).toStrictEqual({ ok: false, reason: 'stale' });
    expect(refuse('malformed', 'nonce')).toStrictEqual({ ok: false, reason: 'malformed', detail: 'nonce' });
  });

  it('keeps its words apart for the compiler', () => {
    const halve = (n: number): Result<number, 'odd'> => (n % 2 === 0 ? ok(n / 2) : refuse('odd'));
    const half = halve(3);
    if (half.ok) expectTypeOf(half.value).toEqualTypeOf<number>();
    else expectTypeOf(half.reason).toEqualTypeOf<'odd'>();
    expect(half).toEqual(refuse('odd'));
  });
});
