/** Which keys speak for a gateway, after any words of any keys: what the object keeps of them, in numbers in place of keys. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_SUCCESSIONS } from '#contract/key-succession.ts';
import { ok, refuse } from '#contract/result.ts';
import { chainOf, type KeyChain, speaking, spoken, succeed, vouching } from '../../worker/key-chain.ts';

const nobody: (key: string) => boolean = () => false;
const word = (key: string, next: string | null) => ({ key, next, jws: `${key} → ${next}` });
const after = (chain: KeyChain, root: string, ...words: readonly ReturnType<typeof word>[]): KeyChain =>
  words.reduce((before, { jws, ...said }) => {
    const next = succeed(before, root, said, jws, nobody);
    return next.ok ? next.value : before;
  }, chain);
/** a → b → c …, each of which has spoken. */
const along = (keys: string): KeyChain =>
  [...keys].slice(1).reduce(
    (chain, key, index) => {
      return spoken(after(chain, keys[0]!, word(keys[index]!, key)), key);
    },
    chainOf(keys[0]!, undefined),
  );
const outcome = (chain: KeyChain, root: string, { jws, ...said }: ReturnType<typeof word>, isTaken = nobody) =>
  succeed(chain, root, said, jws, isTaken);

describe('a chain of keys', () => {
  it('is one key, until that names another; then both speak until the new one has', () => {
    const one = chainOf('a', undefined);
    expect(speaking(one, 'a')).toEqual(['a']);
    const two = after(one, 'a', word('a', 'b'));
    expect(speaking(two, 'a')).toEqual(['a', 'b']);
    expect(speaking(spoken(two, 'a'), 'a')).toEqual(['a', 'b']);
    expect(speaking(spoken(two, 'b'), 'a')).toEqual(['b']);
    expect(vouching(spoken(two, 'b'), 'a')).toEqual(['a', 'b']);
  });

  it('is the same where it hears a word again, however late', () => {
    const chain = along('abc');
    expect(outcome(chain, 'a', word('a', 'b'))).toEqual(ok(chain));
    expect(outcome(chain, 'a', word('b', 'c'))).toEqual(ok(chain));
  });

  it('is no longer than a caller would follow it from the key in the settings', () => {
    const chain = along('abcde');
    expect(chain.successions).toHaveLength(MOST_SUCCESSIONS);
    expect(outcome(chain, 'a', word('e', 'f'))).toMatchObject(refuse('unknown-key'));
    expect(after(chain, 'b', word('e', 'f'))).toMatchObject({ keys: [...'bcdef'], since: 'a' });
    // The settings are ahead of the gateway: its old key still signs, and is not forgotten.
    const early = { ...chain, current: 'a' };
    expect(outcome(early, 'b', word('e', 'f'))).toMatchObject(refuse('unknown-key'));
  });

  it('ends with a revocation, and with two words of one key', () => {
    const two = after(chainOf('a', undefined), 'a', word('a', 'b'));
    for (const key of ['a', 'b']) {
      const revoked = after(two, 'a', word(key, null));
      expect(revoked.end).toEqual({ reason: 'revoked', jws: word(key, null).jws });
      expect([speaking(revoked, 'a'), vouching(revoked, 'a')]).toEqual([[], []]);
      expect(outcome(revoked, 'a', word(key, null))).toEqual(ok(revoked));
      expect(outcome(revoked, 'a', word('b', 'c'))).toEqual(refuse('unknown-key', 'revoked'));
    }
    const forked = after(two, 'a', word('a', 'c'));
    expect(forked).toEqual({ ...two, end: { reason: 'forked', jws: 'a → c' } });
    expect(speaking(forked, 'a')).toEqual([]);
    expect(outcome(forked, 'a', word('a', 'c'))).toEqual(refuse('forked'));
    expect(outcome(forked, 'a', word('a', null))).toEqual(refuse('unknown-key', 'forked'));
  });

  it('is not ended by the thief of a key that was superseded', () => {
    const chain = along('ab');
    for (const next of ['c', null]) {
      expect(outcome(chain, 'a', word('a', next))).toEqual(refuse('unknown-key', 'superseded'));
    }
    expect(outcome(chain, 'a', word('x', 'c'))).toEqual(refuse('unknown-key'));
  });

  it('takes in no key that is known already, nor another gateway’s', () => {
    expect(outcome(along('ab'), 'a', word('b', 'a'))).toMatchObject(refuse('malformed'));
    expect(outcome(along('ab'), 'a', word('b', 'x'), (key) => key === 'x')).toMatchObject(refuse('malformed'));
  });

  it('goes on where the settings name a later key, and begins anew where they name a stranger', () => {
    const chain = { ...along('abc'), current: 'b' };
    expect(chainOf('b', chain)).toBe(chain);
    expect(speaking(chain, 'c')).toEqual(['c']); // whoever writes that wants none of those before
    expect(vouching(chain, 'c')).toEqual(['c']);
    expect(chainOf('x', chain)).toEqual({ keys: ['x'], successions: [], current: 'x', since: 'x' });
    expect([speaking(chain, 'x'), vouching(chain, 'x')]).toEqual([[], []]);
  });
});

const key = fc.constantFrom(...'abcdefgh');
const happening = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('word' as const), from: key, to: fc.option(key, { freq: 9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sample' as const), by: key }) },
);

it('whatever is said: who speaks has been named by who spoke, no key comes back, and an end is an end', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      let chain = chainOf('a', undefined);
      const named = new Set(['a']);
      const gone = new Set<string>();
      for (const one of happenings) {
        const before = speaking(chain, 'a');
        if (one.kind === 'sample') {
          if (before.includes(one.by)) chain = spoken(chain, one.by);
        } else if (one.from !== one.to) {
          const next = outcome(chain, 'a', word(one.from, one.to));
          if (next.ok && before.includes(one.from) && one.to !== null) named.add(one.to);
          if (next.ok) chain = next.value;
        }
        const now = speaking(chain, 'a');
        for (const was of before) if (!now.includes(was)) gone.add(was);
        for (const is of now) {
          expect(named).toContain(is);
          expect(gone).not.toContain(is);
        }
        if (chain.end) expect(now).toEqual([]);
        else expect(now).toContain(chain.current);
        expect(chain.successions).toHaveLength(chain.keys.length - 1);
        expect(chain.keys.length).toBeLessThanOrEqual(MOST_SUCCESSIONS + 1);
        expect(new Set(chain.keys).size).toBe(chain.keys.length);
      }
    }),
  );
});
