import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monoNanos, unixNanos } from '#contract/time.ts';
import { decodeLine, encodeLine } from '../../../ntp-gateway/record/encoding.ts';

const mono = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map(monoNanos);
const wall = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(unixNanos);
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true });
const bytes = fc.uint8Array({ maxLength: 1_200 });
/** Whatever an edge may answer, tags and planted prototypes among it. */
const body = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(fc.constantFrom('$n', '$b', '$d', '$$n', '$', '__proto__', 'constructor', '7'), fc.jsonValue()),
);

const sourceEvent = fc.oneof(
  fc.record({
    kind: fc.constant('due'),
    now: mono,
    nonce: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    jitter: fraction,
  }),
  fc.record({ kind: fc.constant('sent'), at: mono }),
  fc.record({ kind: fc.constant('send-failed'), now: mono }),
  fc.record({
    kind: fc.constant('datagram'),
    receivedAt: mono,
    approximately: wall,
    bytes,
    fromServer: fc.boolean(),
  }),
);
const edgeEvent = fc.oneof(
  fc.record({ kind: fc.constant('departed'), at: mono, sha256: fc.string() }),
  fc.record({
    kind: fc.constant('answered'),
    at: mono,
    jitter: fraction,
    answer: fc.record({ status: fc.nat(999), body, retryAfter: fc.double() }, { requiredKeys: ['status', 'body'] }),
  }),
);
/** Of the shapes that events have: the encoding knows none of them. */
const event = fc.oneof(
  fc.record({ kind: fc.constant('look'), now: mono, wall }),
  fc.record({ kind: fc.constant('tick'), now: mono }),
  fc.record({
    kind: fc.constant('resolved'),
    name: fc.string({ unit: 'binary' }),
    now: mono,
    addresses: fc.array(fc.record({ address: fc.string(), referenceId: fc.nat() })),
  }),
  fc.record({ kind: fc.constant('source'), id: fc.string(), event: sourceEvent }),
  fc.record({ kind: fc.constant('edge'), origin: fc.webUrl(), event: edgeEvent }),
);

describe('a line', () => {
  it('gives back every event as it was, on one line', () => {
    fc.assert(
      fc.property(event, (before) => {
        const line = encodeLine(before);
        expect(line).not.toContain('\n');
        const decoded = decodeLine(line);
        if (!decoded.ok) throw new Error(line);
        expect(decoded.value).toEqual(before);
        expect(encodeLine(decoded.value)).toBe(line);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [12n, '{"$n":"12"}'],
    [-(2n ** 64n), '{"$n":"-18446744073709551616"}'],
    [Uint8Array.of(0, 1, 0xff), '{"$b":"AAH_"}'],
    [Uint8Array.of(9, 8, 7).subarray(1, 2), '{"$b":"CA"}'],
    [-0, '{"$d":"-0"}'],
    [Number.NaN, '{"$d":"NaN"}'],
    [Number.NEGATIVE_INFINITY, '{"$d":"-Infinity"}'],
    [0.1 + 0.2, '0.30000000000000004'],
    [{ a: [null, true, 'µ'] }, '{"a":[null,true,"µ"]}'],
    [{ $n: '12' }, '{"$$n":"12"}'],
    [JSON.parse('{"__proto__":{"$b":"AA"}}'), '{"__proto__":{"$$b":"AA"}}'],
  ])('%o is %s', (value, line) => {
    expect(encodeLine(value)).toBe(line);
    expect(decodeLine(line)).toStrictEqual({ ok: true, value });
  });

  it('leaves out what is undefined, and what lies too deep for the core', () => {
    expect(encodeLine({ status: 200, body: undefined })).toBe('{"status":200}');
    const deep = JSON.parse('['.repeat(8_000) + ']'.repeat(8_000));
    const line = encodeLine(deep);
    expect(line).toBe(`${'['.repeat(32)}null${']'.repeat(32)}`);
    expect(decodeLine(line).ok).toBe(true);
  });

  it.each([
    '',
    '{',
    '{"a":1}}',
    '{"$n":12}',
    '{"$n":""}',
    '{"$n":"1.5"}',
    '{"$n":"0x10"}',
    '{"$n":"012"}',
    '{"$n":"-0"}',
    '{"$n":" 1"}',
    `{"$n":"${'9'.repeat(40)}"}`,
    '{"$b":"A"}',
    '{"$b":"AB"}',
    '{"$b":"A+"}',
    '{"$d":"1"}',
    '{"$d":"Infinity "}',
    '{"$x":"1"}',
    '{"$":"1"}',
    '{"$n":"1","b":2}',
    '['.repeat(100_000) + ']'.repeat(100_000),
  ])('%# is refused', (line) => {
    expect(decodeLine(line)).toEqual({ ok: false, reason: 'malformed' });
  });
});
