import { expect, it } from 'vitest';
import { findGatewayKey } from '#contract/jwk-set.ts';
import { ok } from '#contract/result.ts';
import { unixMillis } from '#contract/time.ts';
import { overHttp } from '../../client/exchange.ts';
import type { HttpGet } from '../../client/http-get.ts';
import { around, makeSignedEdge } from '../support/signed-edge.ts';

const ORIGIN = 'https://time.example.org';
const NOW = Date.UTC(2026, 11, 1);
const WIRE = { asked: 10, sent: 20, answered: 25, received: 30, status: 200 };
const signal = new AbortController().signal;

it('a question may have left before the platform says so, where who ends TLS is not believed', async () => {
  const edge = await makeSignedEdge(ORIGIN);
  const found = await findGatewayKey(await edge.keySet(), edge.gatewayKey);
  const keys = found.ok ? found.value : new Map();
  const signed: HttpGet = async ({ searchParams }) => {
    const body = await edge.sign(around(unixMillis(NOW)), searchParams.get('nonce') ?? '');
    return ok({ ...WIRE, header: () => 'application/jose', body });
  };
  expect(await overHttp(signed, ORIGIN)({ keys, floor: 0 }, signal)).toMatchObject(
    ok({ sent: 10, likely: { sent: 20, received: 25 }, received: 30, told: { time: NOW } }),
  );
  const plain: HttpGet = async ({ searchParams }) => {
    const told = { earliestUnixMs: NOW, unixMs: NOW, latestUnixMs: NOW, synchronized: true, leap: 'none' };
    const body = JSON.stringify({ ...told, nonce: searchParams.get('nonce') });
    return ok({ ...WIRE, header: (name) => (name === 'Content-Type' ? 'application/json' : null), body });
  };
  expect(await overHttp(plain, ORIGIN)({ floor: 0 }, signal)).toMatchObject(
    ok({ sent: 20, likely: { sent: 20, received: 25 }, received: 30 }),
  );
});
