import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { signDelegation } from '#contract/delegation.ts';
import { type GatewayKeys, importGatewayKey } from '#contract/gateway-keys.ts';
import { ok, refuse } from '#contract/result.ts';
import { signAnswer } from '#contract/signed-answer.ts';
import { timeAnswer } from '#contract/time-answer.ts';
import { type Asked, readAnswer, readTold } from '../../client/told.ts';
import {
  EDGE_JWK,
  exampleAnswer,
  exampleDelegation,
  exampleEdgeKey,
  exampleKey,
  RFC8037,
} from '../contract/example.ts';

const answer = timeAnswer(exampleAnswer);
const { nonce = '', unixMs, earliestUnixMs, latestUnixMs } = answer;
const asked: Asked = { nonce, origin: 'https://time.example.org', floor: earliestUnixMs };

type Got = { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };
const got = ({ status = 200, headers = {}, body = JSON.stringify(answer) }: Got) => {
  const sent = new Headers({ 'Content-Type': 'application/json', ...headers });
  return { status, header: (name: string) => sent.get(name), body };
};
const read = (from: Got, over: Partial<Asked> = {}) => readAnswer(got(from), { ...asked, ...over });
const saying = (over: object): Got => ({ body: JSON.stringify({ ...answer, ...over }) });
const problem = (status: number): Got => ({
  status,
  headers: { 'Content-Type': 'application/problem+json' },
  body: '{"type":"urn:noonmark:problem:no-time"}',
});
const page = (status: number): Got => ({
  status,
  headers: { 'Content-Type': 'Text/HTML; charset=utf-8' },
  body: '<!doctype html><title>Welcome to the hotel</title>',
});

describe('an answer that nobody signed', () => {
  const told = { earliest: earliestUnixMs, time: unixMs, latest: latestUnixMs, leap: 'none', isSynchronized: true };

  it('is told as it stands', async () => {
    expect(await read({})).toEqual(ok(told));
    expect(await read({ headers: { 'Content-Type': 'Application/JSON; charset=utf-8', Age: '0' } })).toEqual(ok(told));
    expect(await read(saying({ synchronized: false, mood: 'fine' }))).toEqual(ok({ ...told, isSynchronized: false }));
  });

  it.each<[what: string, from: Got, reason: string, detail?: string]>([
    ['a redirection that a browser keeps to itself', { status: 0, headers: { 'Content-Type': '' } }, 'redirected'],
    [
      'a redirection',
      { status: 302, headers: { Location: 'http://login.hotel.test/?from=/time' } },
      'redirected',
      'http://login.hotel.test',
    ],
    ['one to no address', { status: 307, headers: { Location: 'javascript:alert(1)' } }, 'redirected'],
    ['one without a Location', { status: 304 }, 'redirected'],
    ['what lay in a cache', { headers: { Age: '17' } }, 'cached', 'for 17 s'],
    ['an edge that has no time', problem(503), 'no-time'],
    ['an edge that has had enough', problem(429), 'too-many-requests'],
    ['any other problem', problem(500), 'not-an-edge', 'HTTP 500'],
    ['a gateway that is down', { ...page(503) }, 'not-an-edge', 'HTTP 503 and a page'],
    ['a portal that wants a login', page(200), 'not-an-edge', 'HTTP 200 and a page'],
    ['a server that is none', page(404), 'not-an-edge', 'HTTP 404 and a page'],
    ['JSON of another status', { status: 201 }, 'not-an-edge', 'HTTP 201'],
    ['no Content-Type', { headers: { 'Content-Type': '' } }, 'not-an-edge', 'HTTP 200'],
    ['another', { headers: { 'Content-Type': 'application/jose' } }, 'not-an-edge', 'HTTP 200'],
    ['no JSON', { body: '{"unixMs":' }, 'malformed'],
    ['nothing', { body: '' }, 'malformed'],
    ['null', { body: 'null' }, 'malformed'],
    ['a number', { body: '1795336205123' }, 'malformed'],
    ['a list', { body: `[${JSON.stringify(answer)}]` }, 'malformed'],
    ['a text for a time', saying({ unixMs: String(unixMs) }), 'malformed'],
    ['no time', saying({ unixMs: undefined }), 'malformed'],
    ['no end', saying({ latestUnixMs: null }), 'malformed'],
    ['a time before all time', saying({ earliestUnixMs: -1 }), 'malformed'],
    ['a time that no date has', saying({ latestUnixMs: Date.UTC(9999) }), 'malformed'],
    ['a time out of its interval', saying({ unixMs: latestUnixMs + 1 }), 'malformed'],
    ['an interval upside down', saying({ earliestUnixMs: latestUnixMs, latestUnixMs: earliestUnixMs }), 'malformed'],
    ['nothing on its sources', saying({ synchronized: undefined }), 'malformed'],
    ['another word on them', saying({ synchronized: 'true' }), 'malformed'],
    ['nothing on leap seconds', saying({ leap: undefined }), 'malformed'],
    ['a leap second of its own', saying({ leap: 'add' }), 'malformed'],
    ['another question’s answer', saying({ nonce: 'YW5vdGhlciBub25jZQ' }), 'wrong-nonce'],
    [
      'what a cache gives that says nothing of it',
      { ...saying({ nonce: 'YW5vdGhlciBub25jZQ' }), headers: { Date: 'Sun, 29 Nov 2026 08:00:00 GMT', Age: '' } },
      'wrong-nonce',
    ],
    ['one to no question', saying({ nonce: undefined }), 'wrong-nonce'],
  ])('is refused: %s', async (_what, from, reason, detail) => {
    expect(await read(from)).toEqual(refuse(reason, detail));
  });

  it('is refused where it ends before what has certainly passed', async () => {
    expect(await read({}, { floor: latestUnixMs })).toEqual(ok(told));
    expect(await read({}, { floor: latestUnixMs + 0.001 })).toEqual(refuse('went-back'));
  });

  it('is told or refused whatever it is, without ever throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(readTold(text, 'nonce', nonce, 0)).toEqual(refuse('malformed'));
      }),
    );
    const times = fc.oneof(fc.double({ min: 0, max: 1e16 }), fc.double(), fc.jsonValue());
    fc.assert(
      fc.property(times, times, times, (earliestUnixMs, unixMs, latestUnixMs) => {
        const text = JSON.stringify({
          earliestUnixMs,
          unixMs,
          latestUnixMs,
          synchronized: true,
          leap: 'none',
          t1: nonce,
        });
        const one = readTold(text, 't1', nonce, 0);
        const { earliest, time, latest } = one.ok ? one.value : { earliest: 0, time: 0, latest: 0 };
        if (!one.ok) expect(one).toEqual(refuse('malformed'));
        expect(0 <= earliest && earliest <= time && time <= latest && latest < Date.UTC(9999)).toBe(true);
      }),
    );
  });
});

describe('an answer where a key is pinned', () => {
  let keys: GatewayKeys;
  let jws: string;
  let delegation: string;
  beforeAll(async () => {
    keys = new Map([await importGatewayKey('gw-1', RFC8037.jwk.x)]);
    delegation = await signDelegation(exampleDelegation, await exampleKey());
    jws = await signAnswer(answer, [delegation], await exampleEdgeKey());
  });
  const signed = (body: string, headers = {}): Got => ({
    headers: { 'Content-Type': 'application/jose', ...headers },
    body,
  });
  const open = (from: Got, over: Partial<Asked> = {}) => read(from, { keys, ...over });

  it('brings all that was signed', async () => {
    const told = { earliest: earliestUnixMs, time: unixMs, latest: latestUnixMs, leap: 'none', isSynchronized: true };
    expect(await open(signed(jws))).toEqual(ok({ ...told, verified: answer }));
    expect(await open(signed(jws), { floor: latestUnixMs - 0.4 })).toMatchObject({ ok: true });
  });

  it('is refused unsigned, however good', async () => {
    expect(await open({})).toEqual(refuse('not-an-edge', 'HTTP 200'));
    expect(await open(signed(JSON.stringify(answer)))).toEqual(refuse('malformed', 'not a compact JWS'));
  });

  it('is refused with the words of an unsigned one, too', async () => {
    expect(await open(signed(jws, { Age: '1' }))).toEqual(refuse('cached', 'for 1 s'));
    expect(await open(problem(503))).toEqual(refuse('no-time'));
    expect(await open(page(200))).toEqual(refuse('not-an-edge', 'HTTP 200 and a page'));
    expect(await open({ ...signed(jws), status: 302 })).toEqual(refuse('redirected'));
  });

  it('is refused where any link of its chain does not hold', async () => {
    const others = new Map([await importGatewayKey('gw-2', EDGE_JWK.x)]);
    const forged = `${jws.slice(0, -4)}${jws.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
    expect(await open(signed(jws), { keys: others })).toEqual(refuse('unknown-key'));
    expect(await open(signed(forged))).toEqual(refuse('bad-signature'));
    expect(await open(signed(jws), { origin: 'https://time.example.com' })).toEqual(refuse('wrong-audience'));
    expect(await open(signed(jws), { nonce: 'YW5vdGhlciBub25jZQ' })).toEqual(refuse('wrong-nonce'));
    expect(await open(signed(jws), { floor: latestUnixMs + 1 })).toEqual(refuse('went-back'));
    const late = timeAnswer({ ...exampleAnswer, latest: exampleDelegation.validUntilUnixNs + 1_000n } as never);
    const outside = await signAnswer(late, [delegation], await exampleEdgeKey());
    expect(await open(signed(outside))).toEqual(refuse('outside-delegation'));
  });
});
