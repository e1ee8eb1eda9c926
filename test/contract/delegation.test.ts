import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Delegation,
  decodeWantedKeys,
  LONGEST_DELEGATION,
  MAX_DELEGATION_LENGTH,
  openDelegation,
  signDelegation,
} from '#contract/delegation.ts';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import type { SigningKey } from '#contract/jws.ts';
import { ok, refuse } from '#contract/result.ts';
import { after, nanos, unixNanos } from '#contract/time.ts';
import { expectNoLetterAltered } from './alterations.ts';
import { exampleDelegation, exampleKey, RFC8037 } from './example.ts';

let key: SigningKey;
let keys: GatewayKeys;
beforeAll(async () => {
  key = await exampleKey();
  keys = new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]);
});
const opened = async (over: object) =>
  openDelegation(await signDelegation({ ...exampleDelegation, ...over } as Delegation, key), keys);

describe('a delegation', () => {
  it('is opened as it was signed', async () => {
    expect(await opened({})).toEqual(ok(exampleDelegation));
  });

  it('fits into the limit, at its largest', async () => {
    const long = 'n'.repeat(255);
    const end = unixNanos(99_999_999_999_999_999_999n);
    const largest = { ...exampleDelegation, gateway: long, aud: long, validFromUnixNs: end, validUntilUnixNs: end };
    const jws = await signDelegation(largest, key);
    expect(await openDelegation(jws, new Map([await importGatewayKey(long, RFC8037.jwk.x)]))).toEqual(ok(largest));
    expect(jws.length).toBeLessThan(MAX_DELEGATION_LENGTH);
  });

  it('lasts 24 h at most, to the nanosecond', async () => {
    const { validFromUnixNs } = exampleDelegation;
    const longest = after(validFromUnixNs, LONGEST_DELEGATION);
    expect(await opened({ validUntilUnixNs: longest })).toMatchObject({ ok: true });
    const longer = after(longest, nanos(1));
    expect(await opened({ validUntilUnixNs: longer })).toEqual(refuse('malformed', 'validUntilUnixNs'));
    const never = after(validFromUnixNs, nanos(-1));
    expect(await opened({ validUntilUnixNs: never })).toEqual(refuse('malformed', 'validUntilUnixNs'));
  });

  it.each<[field: string, values: unknown[]]>([
    ['version', [0, 2, '1', undefined]],
    ['gateway', ['', 'a b', 'n'.repeat(256), 7]],
    ['edgeKey', ['', RFC8037.jwk.x.slice(1), `${RFC8037.jwk.x}A`, `${RFC8037.jwk.x.slice(0, -1)}p`, 7, null]],
    ['aud', ['', 'https://a b', undefined]],
    ['validFromUnixNs', [1, '-1', '1e9', '1'.repeat(21)]],
    ['validUntilUnixNs', [null, '']],
  ])('with a wrong %s is malformed', async (field, values) => {
    for (const value of values) expect(await opened({ [field]: value })).toEqual(refuse('malformed', field));
  });

  it('of one gateway with the key of another is nobody’s', async () => {
    expect(await opened({ gateway: 'gw-2' })).toMatchObject(refuse('unknown-key'));
  });

  it('by nobody who is trusted is not opened', async () => {
    expect(await openDelegation(await signDelegation(exampleDelegation, key), new Map())).toEqual(
      refuse('unknown-key'),
    );
  });

  it('with any letter altered is refused', async () => {
    const jws = await signDelegation(exampleDelegation, key);
    await expectNoLetterAltered(jws, (altered) => openDelegation(altered, keys));
  });
});

describe('the keys that an edge wants delegated', () => {
  const { x } = RFC8037.jwk;
  it.each([
    [[], []],
    [[x], [x]],
    [
      [x, x],
      [x, x],
    ],
    [[x, x, x], []],
    [[x, 'short'], []],
    [[x, { x }], []],
    [x, []],
    [undefined, []],
  ])('%j are %j', (edgeKeys, wanted) => {
    expect(decodeWantedKeys({ isolate: 'i', edgeKeys })).toEqual(wanted);
  });

  it.each([undefined, null, 7, 'text', []])('are none in %j', (body) => {
    expect(decodeWantedKeys(body)).toEqual([]);
  });

  it('are keys, or none, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (edgeKeys) => {
        for (const one of decodeWantedKeys({ edgeKeys })) expect(one).toHaveLength(43);
      }),
    );
  });
});
