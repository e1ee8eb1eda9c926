import { beforeAll, describe, expect, it } from 'vitest';
import type { SigningKey } from '#contract/jws.ts';
import {
  claimedBy,
  type KeySuccession,
  MAX_SUCCESSION_LENGTH,
  openSuccession,
  signSuccession,
} from '#contract/key-succession.ts';
import { ok, refuse } from '#contract/result.ts';
import { expectNoBitAltered, expectNoLetterAltered } from './alterations.ts';
import { EDGE_JWK, exampleKey, exampleSuccession, RFC8037 } from './example.ts';

let key: SigningKey;
beforeAll(async () => {
  key = await exampleKey();
});
const signed = (over: object) => signSuccession({ ...exampleSuccession, ...over } as KeySuccession, key);
const opened = async (over: object) => openSuccession(await signed(over));

describe('a succession', () => {
  it.each([
    ['that names the next key', exampleSuccession.next],
    ['that names none', null],
  ])('%s is opened as it was signed, and the same each time', async (_name, next) => {
    expect(await opened({ next })).toEqual(ok({ ...exampleSuccession, next }));
    expect(await signed({ next })).toBe(await signed({ next }));
  });

  it('fits into the limit, at its largest', async () => {
    expect((await signed({ gateway: 'n'.repeat(255) })).length).toBeLessThan(MAX_SUCCESSION_LENGTH);
  });

  it.each<[field: string, values: unknown[]]>([
    ['version', [0, 2, '1', undefined]],
    ['gateway', ['', 'a b', 'n'.repeat(256), 7]],
    ['key', ['', null, RFC8037.jwk.x.slice(1), `${RFC8037.jwk.x.slice(0, -1)}p`]],
    ['next', ['', undefined, 'null', EDGE_JWK.x.slice(1), RFC8037.jwk.x]],
  ])('with a wrong %s is malformed', async (field, values) => {
    for (const value of values) expect(await opened({ [field]: value })).toEqual(refuse('malformed', field));
  });

  it('of another key than the one that its header names is nobody’s', async () => {
    expect(await opened({ key: EDGE_JWK.x, next: null })).toEqual(refuse('unknown-key'));
    const jws = await signSuccession(exampleSuccession, { ...key, id: 'A'.repeat(43) });
    expect(await openSuccession(jws)).toEqual(refuse('unknown-key'));
  });

  it('of a key that another one has signed for does not fit', async () => {
    const other = await crypto.subtle.importKey('jwk', { ...EDGE_JWK }, { name: 'Ed25519' }, false, ['sign']);
    const jws = await signSuccession(exampleSuccession, { id: RFC8037.thumbprint, privateKey: other });
    expect(await openSuccession(jws)).toEqual(refuse('bad-signature'));
  });

  it('with any letter or bit altered is refused', async () => {
    const jws = await signed({});
    await expectNoLetterAltered(jws, openSuccession);
    const [head = '', , signature = ''] = jws.split('.');
    // An altered key in the payload is not the header's: the word is another one, and a refusal all the same.
    await expectNoBitAltered(jws, async (altered) =>
      (await openSuccession(altered)).ok ? ok('taken') : refuse('bad-signature'),
    );
    expect(await openSuccession(`${head}..${signature}`)).toMatchObject(refuse('malformed'));
  });

  it.each(['', '.', '..', 'a.b.c', 'a.b.c.d'])('%j is none', async (text) => {
    expect(await openSuccession(text)).toMatchObject(refuse('malformed'));
    expect(claimedBy(RFC8037.thumbprint, [text])).toEqual([]);
  });

  it('is found by who says to have signed it', async () => {
    const [mine, others] = [await signed({}), await signSuccession(exampleSuccession, { ...key, id: 'other' })];
    expect(claimedBy(RFC8037.thumbprint, [others, mine])).toEqual([mine]);
  });
});
