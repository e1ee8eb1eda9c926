import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { milliseconds, nanos, unixNanos } from '#contract/time.ts';
import {
  type Answer,
  httpDate,
  isWithin,
  noonmarkTime,
  timeAnswer,
  timeMillisText,
  timeNtp,
  timeText,
  timeUnix,
  timeUnixMs,
} from '#contract/time-answer.ts';
import { exampleAnswer, exampleBudget } from './example.ts';

/** 2026-11-22T08:30:00Z */
const BASE = 1_795_336_200_000_000_000n;
const answer = (earliest: bigint, time: bigint, latest: bigint): Answer => ({
  ...exampleAnswer,
  earliest: unixNanos(BASE + earliest),
  time: unixNanos(BASE + time),
  latest: unixNanos(BASE + latest),
});
/** 1970 to 2100, each point at least as late as the one before. */
const anyAnswer = fc
  .tuple(fc.bigInt({ min: 0n, max: 4_102_444_800_000_000_000n }), fc.bigInt(0n, 10n ** 12n), fc.bigInt(0n, 10n ** 12n))
  .map(([earliest, a, b]) => answer(earliest - BASE, earliest - BASE + a, earliest - BASE + a + b));

/** The exact µs of `…T08:30:00.123456Z`. */
const microsOf = (rfc3339: string): bigint => {
  const [, second, fraction] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(rfc3339) ?? [];
  return BigInt(Date.parse(`${second}Z`)) * 1_000n + BigInt(fraction ?? Number.NaN);
};
/** The exact µs of a number of ms, by its decimal digits as JSON writes them. */
const microsOfMillis = (ms: number): bigint => {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d{1,3}))?$/.exec(JSON.stringify(ms)) ?? [];
  return BigInt(`${whole}${fraction.padEnd(3, '0')}`);
};

describe('the JSON answer', () => {
  it('is what the interface promises, field by field', () => {
    expect(timeAnswer(exampleAnswer)).toEqual({
      time: '2026-11-22T08:30:05.123456Z',
      earliest: '2026-11-22T08:30:05.120242Z',
      latest: '2026-11-22T08:30:05.126671Z',
      unixMs: 1795336205123.456,
      earliestUnixMs: 1795336205120.242,
      latestUnixMs: 1795336205126.671,
      uncertaintyMs: 3.215,
      synchronized: true,
      leap: 'none',
      taiOffsetSeconds: 37,
      stratum: 4,
      gateway: 'gw-1',
      sampleAgeMs: 5120,
      nonce: 'c29tZSBkaWNlIGZvciB5b3U',
    });
  });

  it('has no nonce where none was asked for', () => {
    const { nonce: _nonce, ...asked } = exampleAnswer;
    expect(timeAnswer(asked)).not.toHaveProperty('nonce');
  });

  it.each<{ name: string; of: [bigint, bigint, bigint]; said: string[] }>([
    { name: 'whole µs stay', of: [1_000n, 2_000n, 3_000n], said: ['00.000001', '00.000002', '00.000003'] },
    { name: 'a ns more', of: [1_001n, 2_001n, 3_001n], said: ['00.000001', '00.000002', '00.000004'] },
    { name: 'a ns less', of: [1_999n, 2_999n, 3_999n], said: ['00.000001', '00.000002', '00.000004'] },
    { name: 'nines', of: [999_999_999n, 999_999_999n, 999_999_999n], said: ['00.999999', '00.999999', '01.000000'] },
  ])('rounds earliest and time down and latest up: $name', ({ of, said }) => {
    const { earliest, time, latest } = timeAnswer(answer(...of));
    expect([earliest, time, latest]).toEqual(said.map((second) => `2026-11-22T08:30:${second}Z`));
  });

  it('never says less than the interval, nor more than a µs more; texts and numbers agree to the digit', () => {
    fc.assert(
      fc.property(anyAnswer, (given) => {
        const said = timeAnswer(given);
        const [earliest, time, latest] = [said.earliest, said.time, said.latest].map(microsOf) as [
          bigint,
          bigint,
          bigint,
        ];
        const [lost, added] = [given.earliest - earliest * 1_000n, latest * 1_000n - given.latest];
        expect(0n <= lost && lost < 1_000n && 0n <= added && added < 1_000n).toBe(true);
        expect(earliest <= time && time <= latest).toBe(true);
        expect(microsOfMillis(said.earliestUnixMs)).toBe(earliest);
        expect(microsOfMillis(said.unixMs)).toBe(time);
        expect(microsOfMillis(said.latestUnixMs)).toBe(latest);
        const farther = time - earliest > latest - time ? time - earliest : latest - time;
        expect(microsOfMillis(said.uncertaintyMs)).toBe(farther);
      }),
    );
  });
});

describe('the error budget', () => {
  it('sums to the width, to the µs: each part rounded down, the ends outwards', () => {
    expect(timeAnswer({ ...exampleAnswer, budget: exampleBudget }).budget).toEqual({
      widthMs: 6.429,
      parts: [
        { part: 'sources', basis: 'measured', ms: 1.246 },
        { part: 'gatewayExchange', basis: 'measured', ms: 2.899 },
        { part: 'objectExchange', basis: 'measured', ms: 0 },
        { part: 'clockStep', basis: 'measured', ms: 2 },
        { part: 'objectLag', basis: 'assumed', ms: 0 },
        { part: 'spread', basis: 'assumed', ms: 0 },
        { part: 'drift', basis: 'assumed', ms: 0.512 },
        { part: 'leap', basis: 'assumed', ms: 0 },
        { part: 'agreement', basis: 'measured', ms: -0.231 },
        { part: 'rounding', basis: 'measured', ms: 0.003 },
      ],
      earliestBy: 'gw-1',
      latestBy: 'gw-2',
    });
  });

  it('has measured nothing where the gateway only repeats its own clock', () => {
    const { budget } = timeAnswer({ ...exampleAnswer, synchronized: false, budget: exampleBudget });
    expect(budget?.parts[0]).toEqual({ part: 'sources', basis: 'assumed', ms: 1.246 });
  });
});

describe('the other forms', () => {
  it('are the same instant', () => {
    expect(timeText(exampleAnswer)).toBe('2026-11-22T08:30:05.123456Z');
    expect(timeUnix(exampleAnswer)).toBe('1795336205.123456');
    expect(timeUnixMs(exampleAnswer)).toBe('1795336205123.456');
    expect(timeMillisText(exampleAnswer)).toBe('2026-11-22T08:30:05.123Z');
    expect(httpDate(exampleAnswer)).toBe('Sun, 22 Nov 2026 08:30:05 GMT');
  });

  it('count the ms and the second that have begun', () => {
    fc.assert(
      fc.property(anyAnswer, (given) => {
        const millis = Number(given.time / 1_000_000n);
        expect(Date.parse(timeMillisText(given))).toBe(millis);
        expect(Date.parse(httpDate(given))).toBe(Math.floor(millis / 1_000) * 1_000);
      }),
    );
  });

  it.each([
    { name: 'first day of Unix, RFC 5905 figure 4', unix: 0n, octets: [0x83, 0xaa, 0x7e, 0x80, 0, 0, 0, 0] },
    { name: 'half a second later', unix: 500_000_000n, octets: [0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0] },
    { name: 'first second of era 1', unix: 2_085_978_496_000_000_000n, octets: [0, 0, 0, 0, 0, 0, 0, 0] },
  ])('as NTP writes it: $name', ({ unix, octets }) => {
    expect([...timeNtp(answer(unix - BASE, unix - BASE, unix - BASE))]).toEqual(octets);
  });

  it('has the date of RFC 9110 §5.6.7', () => {
    const then = BigInt(Date.UTC(1994, 10, 6, 8, 49, 37)) * 1_000_000n - BASE;
    expect(httpDate(answer(then, then, then))).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
  });

  it('keep their zeros', () => {
    expect(timeText(answer(0n, 0n, 0n))).toBe('2026-11-22T08:30:00.000000Z');
    expect(timeUnix(answer(0n, 1_000n, 1_000n))).toBe('1795336200.000001');
    expect(timeUnixMs(answer(-BASE, -BASE, 0n))).toBe('0.000');
    expect(timeUnix(answer(-BASE, -BASE + 1_000n, 0n))).toBe('0.000001');
  });
});

describe('Noonmark-Time, RFC 9651', () => {
  it('is rounded outwards to the ms', () => {
    expect(noonmarkTime(exampleAnswer)).toBe('time=1795336205.123, earliest=1795336205.120, latest=1795336205.127');
    expect(noonmarkTime(answer(1_000_000n, 1_000_000n, 1_000_000n))).toBe(
      'time=1795336200.001, earliest=1795336200.001, latest=1795336200.001',
    );
  });

  it('holds decimals as §3.3.2 allows them, and the interval', () => {
    fc.assert(
      fc.property(anyAnswer, (given) => {
        // At most twelve digits, a point, at most three digits.
        const decimal = String.raw`(\d{1,12})\.(\d{3})`;
        const form = new RegExp(`^time=${decimal}, earliest=${decimal}, latest=${decimal}$`);
        const [, ...digits] = form.exec(noonmarkTime(given)) ?? [];
        const [time, earliest, latest] = [0, 2, 4].map(
          (at) => BigInt(`${digits[at]}${digits[at + 1]}`) * 1_000_000n,
        ) as [bigint, bigint, bigint];
        expect(earliest <= given.earliest && given.latest <= latest).toBe(true);
        expect(given.earliest - earliest < 1_000_000n && latest - given.latest < 1_000_000n).toBe(true);
        expect(earliest <= time && time <= latest).toBe(true);
      }),
    );
  });
});

describe('a limit on the ±', () => {
  it.each([
    { latest: 250_000_000n, within: true },
    { latest: 250_000_001n, within: false },
  ])('of 250 ms, $latest ns to the farther end', ({ latest, within }) => {
    expect(isWithin(answer(0n, 0n, latest), milliseconds(250))).toBe(within);
    expect(isWithin(answer(-latest, 0n, 0n), milliseconds(250))).toBe(within);
  });

  it('says how old the sample is to the ms', () => {
    expect(timeAnswer({ ...exampleAnswer, sampleAge: nanos(1_499_999) }).sampleAgeMs).toBe(1);
  });
});
