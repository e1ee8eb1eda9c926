import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import { decodeTimeSample, encodeTimeSample, type TimeSample } from '#contract/time-sample.ts';
import { timeSample } from './arbitraries.ts';
import { exampleSample } from './example.ts';

const json = JSON.parse(encodeTimeSample(exampleSample)) as Record<keyof TimeSample, unknown> & { readings: object[] };
const decode = (changes: object) => decodeTimeSample(JSON.stringify({ ...json, ...changes }));

describe('a time sample', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(timeSample, (sample) => {
        expect(decodeTimeSample(encodeTimeSample(sample))).toEqual(ok(sample));
      }),
    );
  });

  it('writes ns as digits: JSON’s numbers end at 2^53', () => {
    expect(json.estimateUnixNs).toBe('1795336200000123456');
    expect(json.readings[0]).toMatchObject({ earliestUnixNs: '1795336184010004000' });
  });

  it('may hold fields that only newer gateways know', () => {
    expect(decode({ newer: { still: 'a sample' } })).toEqual(ok(exampleSample));
  });

  it.each(Object.keys(json))('is refused without its %s, by that name', (field) => {
    expect(decode({ [field]: undefined })).toEqual(refuse('malformed', field));
  });

  it.each<[field: keyof TimeSample, bad: unknown]>([
    ['version', 2],
    ['version', '1'],
    ['gateway', ''],
    ['gateway', 'gw 1'],
    ['gateway', 'g'.repeat(256)],
    ['aud', 'https://time.example.org/"'],
    ['epoch', -1],
    ['epoch', 2 ** 53],
    ['sequence', 0.5],
    ['synchronized', 'true'],
    ['estimateUnixNs', 1_795_336_200],
    ['estimateUnixNs', '-1'],
    ['estimateUnixNs', '01'],
    ['estimateUnixNs', '1e18'],
    ['estimateUnixNs', ' 1'],
    ['estimateUnixNs', '1'.repeat(21)],
    ['estimateUnixNs', '１'],
    ['standardDeviationNs', -1],
    ['rootDelayNs', null], // JSON's spelling of NaN and Infinity
    ['rootDispersionNs', 2 ** 53],
    ['stratum', 0],
    ['stratum', 16],
    ['referenceId', 'A29FC801'],
    ['referenceId', 'a29fc8'],
    ['leap', 'smear'],
    ['taiOffsetSeconds', 37.5],
    ['taiOffsetSeconds', 1_001],
    ['sourcesSelected', -1],
    ['lineage', Array.from({ length: 17 }, () => 'gw')],
    ['lineage', []],
    ['lineage', ['gw-1', 'gw-2']], // not the signer last
    ['previousSha256', 'short'],
    ['readings', 'none'],
    ['readings', Array.from({ length: 5 }, () => json.readings[0])],
  ])('refuses %s = %j', (field, bad) => {
    expect(decode({ [field]: bad })).toEqual(refuse('malformed', field));
  });

  it.each([
    {
      name: 'the estimate before earliest',
      changes: { earliestUnixNs: '1795336200000123457' },
      detail: 'estimateUnixNs',
    },
    { name: 'the estimate after latest', changes: { latestUnixNs: '1795336200000123455' }, detail: 'estimateUnixNs' },
    { name: 'a hop without a name', changes: { lineage: ['gw-1', ''] }, detail: 'lineage.1' },
    {
      name: 'a reading’s estimate outside its bound',
      changes: { readings: [{ ...json.readings[0], latestUnixNs: '0' }] },
      detail: 'readings.0.estimateUnixNs',
    },
    {
      name: 'a reading without a nonce',
      changes: { readings: [json.readings[0], { ...json.readings[0], nonce: '' }] },
      detail: 'readings.1.nonce',
    },
  ])('refuses $name', ({ changes, detail }) => {
    expect(decode(changes)).toEqual(refuse('malformed', detail));
  });

  it.each([
    'https://gw-1.example.org',
    'https://gw-1.example.org:8443',
    'https://192.0.2.1',
    'https://[2001:db8::1]:443',
    'http://127.0.0.1:8123',
    'http://localhost:8123',
    'http://[::1]:8123',
  ])('may say that its gateway can be asked at %s', (pullUrl) => {
    expect(decode({ pullUrl })).toEqual(ok({ ...exampleSample, pullUrl }));
  });

  it.each([
    'http://gw-1.example.org',
    'http://127.0.0.2',
    'http://localhost.example.org',
    'http://127.0.0.1@gw-1.example.org',
    'https://gw-1.example.org/',
    'https://gw-1.example.org/path',
    'https://gw-1.example.org?aud=',
    'https://gw-1.example.org#',
    'https://user:secret@gw-1.example.org',
    'https://gw-1.example.org\n',
    'https://GW 1',
    'https://',
    'https://gw-1.example.org:port',
    'file:///etc/passwd',
    'gw-1.example.org',
    `https://${'g'.repeat(250)}`,
    '',
    null,
    7,
  ])('sends nobody to %j', (pullUrl) => {
    expect(decode({ pullUrl })).toEqual(refuse('malformed', 'pullUrl'));
  });

  it.each(['', '{', 'null', '[]', '7', '"text"'])('refuses %s', (text) => {
    expect(decodeTimeSample(text)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('never throws, whatever it is sent', () => {
    fc.assert(fc.property(fc.string(), (text) => decodeTimeSample(text).ok === false));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(json)), fc.jsonValue(), (field, value) => {
        const decoded = decode({ [field]: value });
        expect(decoded.ok || decoded.reason === 'malformed').toBe(true);
      }),
    );
  });
});
