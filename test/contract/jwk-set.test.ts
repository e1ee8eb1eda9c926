import { describe, expect, it } from 'vitest';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { findGatewayKey } from '#contract/jwk-set.ts';
import { jwkOf } from '#contract/jws.ts';
import { ok, refuse } from '#contract/result.ts';
import { RFC8037 } from './example.ts';

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
