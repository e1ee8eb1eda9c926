import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEdgeReading, type EdgeReading, readingText } from '#contract/edge-reading.ts';
import { ok, refuse } from '#contract/result.ts';
import { edgeReading } from './arbitraries.ts';
import { exampleReading } from './example.ts';

describe('an edge reading', () => {
  it('comes back as it was written, without what nobody knows', () => {
    fc.assert(
      fc.property(edgeReading, (reading) => {
        const json: unknown = JSON.parse(JSON.stringify({ ...reading, newer: 1 }));
        expect(decodeEdgeReading(json)).toEqual(ok(reading));
      }),
    );
  });

  it.each(Object.keys(exampleReading))('is refused without its %s, by that name', (field) => {
    expect(decodeEdgeReading({ ...exampleReading, [field]: undefined })).toEqual(refuse('malformed', field));
  });

  it.each<[field: keyof EdgeReading, bad: unknown]>([
    ['sampleSha256', `${exampleReading.sampleSha256}A`],
    ['sampleSha256', exampleReading.sampleSha256.slice(1)],
    ['sampleSha256', `+${exampleReading.sampleSha256.slice(1)}`],
    ['isolate', ''],
    ['isolate', 'a b'],
    ['isolate', 'two\nlines'],
    ['isolate', 'x'.repeat(65)],
    ['isolateUnixMs', -1],
    ['isolateUnixMs', 0.5],
    ['isolateUnixMs', 9_000_000_000_001],
    ['isolateUnixMs', '1795336184025'],
    ['isolateUnixMs', Number.NaN],
    ['object', 7],
    ['objectUnixMs', Number.POSITIVE_INFINITY],
    ['location', 'Zürich'],
    ['nonce', null],
  ])('refuses %s = %j', (field, bad) => {
    expect(decodeEdgeReading({ ...exampleReading, [field]: bad })).toEqual(refuse('malformed', field));
  });

  it.each([null, undefined, 7, 'text', []].map((json) => [json]))('refuses %j', (json) => {
    expect(decodeEdgeReading(json)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('never throws and repeats nothing of what it was sent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const { ok: isOk, ...refusal } = decodeEdgeReading(json);
        expect(isOk).toBe(false);
        expect(refusal).toMatchObject({ reason: 'malformed' });
      }),
    );
  });
});

describe('the text that the nonce is made over', () => {
  it('is one line each', () => {
    expect(readingText(exampleReading)).toBe(
      [
        'noonmark edge reading 2',
        'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
        'i-5f0c',
        '1795336184025',
        '1795336184031',
        'o-91ab',
        '1795336184021',
        'local',
      ].join('\n'),
    );
  });

  it('is another for any other reading', () => {
    fc.assert(
      fc.property(edgeReading, edgeReading, ({ nonce: _a, ...a }, { nonce: _b, ...b }) => {
        expect(readingText(a) === readingText(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});
