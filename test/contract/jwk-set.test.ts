import { beforeAll, describe, expect, it } from 'vitest';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { findGatewayKey } from '#contract/jwk-set.ts';
import { jwkOf } from '#contract/jws.ts';
import { MOST_SUCCESSIONS } from '#contract/key-succession.ts';
import { ok, refuse } from '#contract/result.ts';
import { RFC8037 } from './example.ts';
import { makePairs, type Pair, succession } from './key-pairs.ts';

const { x } = RFC8037.jwk;
/** RFC 8037 appendix A.3. */
const ID = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
/** RFC 8032 §7.1, test 2: somebody else's. */
const OTHER = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw';

const found = (...keys: object[]) => findGatewayKey(JSON.stringify({ keys }), ID);

describe('the key with a pinned id', () => {
  it('is found among others', async () => {
    const gateways = [
      { ...(await jwkOf(OTHER)), gateway: 'gw-2' },
      { ...(await jwkOf(x)), gateway: 'gw-1' },
    ];
    expect(await found(...gateways, await jwkOf(OTHER))).toEqual(ok(new Map([await importGatewayKey('gw-1', x)])));
  });

  it('is not another key that calls itself by that id', async () => {
    expect(await found({ ...(await jwkOf(OTHER)), kid: ID, gateway: 'gw-1' })).toMatchObject(refuse('unknown-key'));
  });

  it('is no key of the edge’s own', async () => {
    expect(await found(await jwkOf(x))).toMatchObject(refuse('unknown-key'));
    expect(await found()).toMatchObject(refuse('unknown-key'));
  });

  it.each(['', 'null', '{}', '{"keys":1}', '{"keys":[{"kty":"RSA"}]}', '<!doctype html>'])(
    'is not looked for in %j',
    async (text) => {
      expect(await findGatewayKey(text, ID)).toMatchObject(refuse('malformed'));
    },
  );
});

describe('the keys that have followed the pinned one', () => {
  let pairs: readonly Pair[];
  beforeAll(async () => {
    pairs = await makePairs(MOST_SUCCESSIONS + 2);
  });
  const pair = (index: number): Pair => pairs[index]!;
  /** Each for the next, up to the key at `last`. */
  const wordsTo = (last: number, gateway = 'gw-1'): Promise<string[]> =>
    Promise.all(Array.from({ length: last }, (_, index) => succession(pair(index), pair(index + 1), { gateway })));
  /** The ids, or why there are none, in an edge that has this key now. */
  const follow = async (listed: Pair, successions: readonly string[], { from = pair(0), gateway = 'gw-1' } = {}) => {
    const keys = [{ ...(await jwkOf(listed.x)), gateway }];
    const found = await findGatewayKey(JSON.stringify({ keys, successions }), from.key.id);
    return found.ok ? [...found.value.keys()] : found.reason;
  };
  const ids = (count: number): string[] => pairs.slice(0, count).map(({ key }) => key.id);

  it('are believed beside it, up to the one that the edge has, and in that order', async () => {
    for (let last = 0; last <= MOST_SUCCESSIONS; last++) {
      const words = await wordsTo(last);
      expect(await follow(pair(last), words)).toEqual(ids(last + 1));
      expect(await follow(pair(last), words.toReversed())).toEqual(ids(last + 1));
    }
  });

  it('are all of that gateway', async () => {
    const keys = [{ ...(await jwkOf(pair(1).x)), gateway: 'gw-1' }];
    const found = await findGatewayKey(JSON.stringify({ keys, successions: await wordsTo(1) }), pair(0).key.id);
    expect(found).toEqual(
      ok(new Map([await importGatewayKey('gw-1', pair(0).x), await importGatewayKey('gw-1', pair(1).x)])),
    );
  });

  it('begin with any of them, and lead nowhere from none', async () => {
    const words = await wordsTo(2);
    expect(await follow(pair(2), words, { from: pair(1) })).toEqual(ids(3).slice(1));
    expect(await follow(pair(2), words, { from: pair(2) })).toEqual(ids(3).slice(2));
    expect(await follow(pair(2), words, { from: pair(3) })).toBe('unknown-key');
    expect(await follow(pair(2), words.slice(1))).toBe('unknown-key');
    expect(await follow(pair(3), words)).toBe('unknown-key');
  });

  it('are not believed where there are too many, or where they come back to themselves', async () => {
    const last = MOST_SUCCESSIONS + 1;
    expect(await follow(pair(last), await wordsTo(last))).toBe('unknown-key');
    const circle = [...(await wordsTo(1)), await succession(pair(1), pair(0))];
    expect(await follow(pair(1), circle)).toBe('unknown-key');
  });

  it('are not those of another gateway', async () => {
    expect(await follow(pair(1), await wordsTo(1, 'gw-2'))).toBe('unknown-key');
    expect(await follow(pair(1), await wordsTo(1), { gateway: 'gw-2' })).toBe('unknown-key');
    const [first = ''] = await wordsTo(1);
    const second = await succession(pair(1), pair(2), { gateway: 'gw-2' });
    expect(await follow(pair(2), [first, second])).toBe('unknown-key');
  });

  it('are not what somebody else has signed, or altered', async () => {
    const forged = await succession({ ...pair(0), key: { ...pair(2).key, id: pair(0).key.id } }, pair(1));
    expect(await follow(pair(1), [forged])).toBe('unknown-key');
    expect(await follow(pair(0), [forged])).toEqual(ids(1)); // and it takes nothing away
    expect(await follow(pair(0), ['', 'a.b.c', 'nothing'])).toEqual(ids(1));
  });

  it('end with a revocation, of the pinned key or of one on the way, whatever else is there', async () => {
    for (const last of [0, 1, 2]) {
      const revocation = await succession(pair(last), null);
      const words = [...(await wordsTo(last)), revocation];
      expect(await follow(pair(last), words)).toBe('revoked');
      expect(await follow(pair(3), [...(await wordsTo(3)), revocation])).toBe('revoked');
      expect(await follow(pair(3), [revocation, ...(await wordsTo(3))])).toBe('revoked');
    }
    // One that is not on the way.
    expect(await follow(pair(1), [...(await wordsTo(1)), await succession(pair(2), null)])).toEqual(ids(2));
  });

  it('end where a key has signed two that differ: somebody else has it', async () => {
    const words = [...(await wordsTo(2)), await succession(pair(1), pair(3))];
    for (const listed of [pair(2), pair(3)]) {
      expect(await follow(listed, words)).toBe('revoked');
      expect(await follow(listed, words.toReversed())).toBe('revoked');
    }
    const twice = [...(await wordsTo(1)), ...(await wordsTo(1))];
    expect(await follow(pair(1), twice)).toEqual(ids(2));
  });
});
