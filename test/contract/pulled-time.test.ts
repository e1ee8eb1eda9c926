import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeText } from '#contract/fields.ts';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import { type JwsType, keyId, type SigningKey, signJws } from '#contract/jws.ts';
import {
  MAX_PULLED_LENGTH,
  openPulledTime,
  PULL_PATH,
  type PulledTime,
  type Question,
  questionUrl,
  signPulledTime,
} from '#contract/pulled-time.ts';
import { ok, refuse } from '#contract/result.ts';
import { unixNanos } from '#contract/time.ts';
import { expectNoBitAltered, expectNoLetterAltered } from './alterations.ts';
import { pulledTime } from './arbitraries.ts';
import { EDGE_JWK, exampleEdgeKey, exampleKey, examplePulled, RFC8037 } from './example.ts';

const { gateway, aud: origin, nonce } = examplePulled;
const asked: Question = { gateway, origin, nonce };

let key: SigningKey;
let keys: GatewayKeys;
beforeAll(async () => {
  key = await exampleKey();
  keys = new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]);
});
const signed = (over: object): Promise<string> => signPulledTime({ ...examplePulled, ...over } as PulledTime, key);
const opened = async (over: object, question = asked) => openPulledTime(await signed(over), keys, question);

describe('a pulled time', () => {
  it('is opened as it was signed', async () => {
    expect(await opened({})).toEqual(ok(examplePulled));
  });

  it('is opened as it was signed, whatever stands in it', async () => {
    await fc.assert(
      fc.asyncProperty(pulledTime, async (pulled) => {
        fc.pre(!pulled.lineage.includes(pulled.aud)); // which would be a loop
        const trusted = new Map([await importGatewayKey(pulled.gateway, RFC8037.jwk.x)]);
        const question = { gateway: pulled.gateway, origin: pulled.aud, nonce: pulled.nonce };
        expect(await openPulledTime(await signPulledTime(pulled, key), trusted, question)).toEqual(ok(pulled));
      }),
    );
  });

  it('fits into the limit, at its largest', async () => {
    const long = 'n'.repeat(255);
    const end = unixNanos(99_999_999_999_999_999_999n);
    const largest: PulledTime = {
      ...examplePulled,
      gateway: long,
      aud: `${long.slice(1)}.`,
      nonce: 'n'.repeat(64),
      epoch: Number.MAX_SAFE_INTEGER,
      estimateUnixNs: end,
      earliestUnixNs: end,
      latestUnixNs: end,
      leap: 'insert',
      lineage: Array.from({ length: 16 }, () => long),
    };
    const jws = await signPulledTime(largest, key);
    const trusted = new Map([await importGatewayKey(long, RFC8037.jwk.x)]);
    const question = { gateway: long, origin: largest.aud, nonce: largest.nonce };
    expect(await openPulledTime(jws, trusted, question)).toEqual(ok(largest));
    expect(jws.length).toBeLessThanOrEqual(MAX_PULLED_LENGTH);
  });

  it('that is longer is not even looked at', async () => {
    expect(await opened({ more: 'm'.repeat(MAX_PULLED_LENGTH) })).toEqual(refuse('malformed', 'too long'));
  });

  it.each<[field: string, values: unknown[]]>([
    ['version', [0, 2, '1', undefined]],
    ['gateway', ['', 'a b', 'n'.repeat(256), 7]],
    ['aud', ['', 'https://a b', undefined]],
    ['nonce', ['', 'n'.repeat(15), 'n'.repeat(65), `${'n'.repeat(15)}+`, undefined, 7]],
    ['epoch', [-1, 1.5, 2 ** 53, '3', undefined]],
    ['lineage', [[], ['gw-2'], Array.from({ length: 17 }, () => 'gw-1'), undefined]],
    ['synchronized', [false, 'true', undefined]],
    ['earliestUnixNs', [1, '-1', '1e9', '1'.repeat(21), undefined]],
    ['latestUnixNs', [null, '']],
    ['leap', ['unknown', '', undefined]],
    // The estimate is the first that does not fit where ends and estimate are out of order.
    ['estimateUnixNs', [undefined, unixNanos(1n), unixNanos(2n ** 62n)]],
  ])('with a wrong %s is malformed', async (field, values) => {
    for (const value of values) expect(await opened({ [field]: value })).toEqual(refuse('malformed', field));
  });

  it('to another edge is refused', async () => {
    for (const aud of ['https://time.example.com', 'http://time.example.org', 'https://time.example.org:8443'])
      expect(await opened({ aud })).toEqual(refuse('wrong-audience'));
  });

  it('to another question is refused', async () => {
    for (const other of [`${nonce}A`, nonce.slice(1), nonce.toLowerCase()])
      expect(await opened({ nonce: other })).toEqual(refuse('wrong-nonce'));
  });

  it('that came through the edge that asks is refused', async () => {
    expect(await opened({ lineage: [origin, 'gw-1'] })).toEqual(refuse('loop'));
    expect(await opened({ lineage: ['https://time.example.com', 'gw-1'] })).toMatchObject({ ok: true });
  });

  it('of one gateway with the key of another is nobody’s', async () => {
    expect(await opened({ gateway: 'gw-2', lineage: ['gw-2'] }, { ...asked, gateway: 'gw-2' })).toMatchObject(
      refuse('unknown-key'),
    );
  });

  it('of another gateway than was asked gives that one no second vote', async () => {
    const second = await exampleEdgeKey();
    const both = new Map([...keys, await importGatewayKey('gw-2', EDGE_JWK.x)]);
    const jws = await signPulledTime({ ...examplePulled, gateway: 'gw-2', lineage: ['gw-2'] }, second);
    expect(await openPulledTime(jws, both, { ...asked, gateway: 'gw-2' })).toMatchObject({ ok: true });
    expect(await openPulledTime(jws, both, asked)).toMatchObject(refuse('unknown-key'));
  });

  it('by nobody who is trusted is not opened', async () => {
    const stranger = { ...(await exampleEdgeKey()), id: await keyId(EDGE_JWK.x) };
    expect(await openPulledTime(await signPulledTime(examplePulled, stranger), keys, asked)).toEqual(
      refuse('unknown-key'),
    );
    const thief = { ...stranger, id: RFC8037.thumbprint };
    expect(await openPulledTime(await signPulledTime(examplePulled, thief), keys, asked)).toEqual(
      refuse('bad-signature'),
    );
  });

  it.each<JwsType>(['time-sample+jws', 'edge-delegation+jws', 'time-answer+jws'])(
    'cannot be had from what the same key signs as %s',
    async (type) => {
      const jws = await signJws(type, encodeText(examplePulled), key);
      expect(await openPulledTime(jws, keys, asked)).toEqual(refuse('malformed', 'typ'));
    },
  );

  it('with any letter or bit altered is refused', async () => {
    const jws = await signed({});
    await expectNoLetterAltered(jws, (altered) => openPulledTime(altered, keys, asked));
    await expectNoBitAltered(jws, (altered) => openPulledTime(altered, keys, asked));
  });

  it('is opened or refused, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        expect(await openPulledTime(text, keys, asked)).toMatchObject({ ok: false });
        const jws = await signJws('pulled-time+jws', text, key);
        expect(await openPulledTime(jws, keys, asked)).toMatchObject(refuse('malformed'));
      }),
    );
  });
});

describe('a question', () => {
  it('names who asks, whatever stands in an origin', () => {
    fc.assert(
      fc.property(pulledTime, ({ aud, nonce }) => {
        const url = new URL(questionUrl('https://gw.test:8443', { origin: aud, nonce }));
        expect(url.origin + url.pathname).toBe(`https://gw.test:8443${PULL_PATH}`);
        expect([...url.searchParams]).toEqual([
          ['aud', aud],
          ['nonce', nonce],
        ]);
      }),
    );
  });
});
