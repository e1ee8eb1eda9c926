import { describe, expect, it } from 'vitest';
import { withLifetime } from '../../../../client/cli/token/judge.ts';
import type { Token } from '../../../../client/cli/token/read-token.ts';
import { reportJson, reportOf, reportText } from '../../../../client/cli/token/report.ts';

const NOW = Date.parse('2026-11-30T12:00:00.500Z');
const now = { earliest: NOW - 12, time: NOW, latest: NOW + 12 };
const here = (offBy: number) => ({ earliest: NOW + offBy, latest: NOW + offBy + 1 });
const TOKEN: Token = { kind: 'Fernet', issuedAt: NOW - 30_500, expires: NOW + 3_599_500 };

describe('what is said of a token', () => {
  it.each<[string, Token, number, object]>([
    ['all is well', TOKEN, 0, { verdict: 'valid', wrongClocks: [], why: [] }],
    [
      'this host is slow',
      TOKEN,
      -60_000,
      {
        verdict: 'valid',
        wrongClocks: [{ clock: 'this-host', is: 'slow', atLeastMs: 59_987 }],
        why: ['This host’s clock is 60.00 s slow ± 13 ms: here it is not yet valid.'],
      },
    ],
    [
      'this host is fast',
      TOKEN,
      3_600_000,
      {
        verdict: 'valid',
        wrongClocks: [{ clock: 'this-host', is: 'fast', atLeastMs: 3_599_988 }],
        why: ['This host’s clock is 1 h 0.00 s fast ± 13 ms: here it is expired.'],
      },
    ],
    [
      'this host is slow, and has no part in it',
      TOKEN,
      -100,
      {
        verdict: 'valid',
        wrongClocks: [{ clock: 'this-host', is: 'slow', atLeastMs: 87 }],
        why: ['This host’s clock is 100 ms slow ± 13 ms: that changes nothing.'],
      },
    ],
    [
      'the issuer is fast',
      { ...TOKEN, issuedAt: NOW + 60_000 },
      0,
      {
        verdict: 'not-yet-valid',
        wrongClocks: [{ clock: 'issuer', is: 'fast', atLeastMs: 58_988 }],
        why: ['The issuer’s clock was fast by at least 58.9 s.'],
      },
    ],
    [
      'the issuer is fast, and so is this host, which takes it',
      { ...TOKEN, issuedAt: NOW + 60_000 },
      60_000,
      {
        verdict: 'not-yet-valid',
        why: [
          'The issuer’s clock was fast by at least 58.9 s.',
          'This host’s clock is 60.00 s fast ± 13 ms: here it is valid.',
        ],
      },
    ],
    [
      'the issuer may have rounded up',
      { ...TOKEN, issuedAt: NOW + 500 },
      0,
      {
        verdict: 'not-yet-valid',
        wrongClocks: [],
        why: ['It was issued within a second from now: the issuer’s clock is fast, or it rounds up.'],
      },
    ],
    [
      'it is for later',
      { kind: 'JWT', issuedAt: NOW - 5_000, notBefore: NOW + 60_000 },
      0,
      {
        verdict: 'not-yet-valid',
        wrongClocks: [],
        why: ['It was made for later, or the issuer’s clock is fast: nothing in it tells which.'],
      },
    ],
    [
      'it ends about now',
      { ...TOKEN, expires: NOW },
      0,
      { verdict: 'undecided', wrongClocks: [], why: ['True time is known within 24 ms: not well enough.'] },
    ],
    [
      'it does not say when it ends',
      { ...TOKEN, expires: 'hidden' },
      0,
      {
        verdict: 'expiry-unknown',
        expires: null,
        why: ['It does not say when it expires: tell --lifetime how long its issuer lets a token live.'],
      },
    ],
  ])('where %s', (_, token, offBy, said) => {
    expect(reportJson(reportOf(token, now, here(offBy)))).toMatchObject(said);
  });

  it('has every date and both clocks', () => {
    expect(reportJson(reportOf({ ...TOKEN, notBefore: NOW }, now, here(-2_000)))).toMatchObject({
      token: 'Fernet',
      issued: '2026-11-30T11:59:30Z',
      notBefore: '2026-11-30T12:00:00.500Z',
      expires: '2026-11-30T13:00:00Z',
      trueTime: {
        earliest: '2026-11-30T12:00:00.488000Z',
        time: '2026-11-30T12:00:00.500000Z',
        latest: '2026-11-30T12:00:00.512000Z',
      },
      thisHost: { time: '2026-11-30T11:59:58.500000Z', leastOffsetMs: 1_987, mostOffsetMs: 2_012 },
    });
  });

  it('has dates to the end of the calendar', () => {
    const last = withLifetime({ issuedAt: 8.64e15, expires: 'hidden' }, 3.6e15);
    expect(reportJson(reportOf({ kind: 'Fernet', ...last }, now, here(0)))).toMatchObject({
      expires: '+275760-09-13T00:00:00Z',
      verdict: 'not-yet-valid',
    });
  });

  it('reads well', () => {
    expect(reportText(reportOf({ ...TOKEN, issuedAt: NOW - 500, kind: 'JWT' }, now, here(-60_000)))).toBe(
      [
        'A JWT; its signature was not checked.',
        'issued      2026-11-30T12:00:00Z, 500 ms ago',
        'expires     2026-11-30T13:00:00Z, in 60 min',
        'true time   2026-11-30T12:00:00.500000Z ± 12 ms: valid',
        'this host   2026-11-30T11:59:00.500000Z: not yet valid',
        'This host’s clock is 60.00 s slow ± 13 ms: here it is not yet valid.',
      ].join('\n'),
    );
  });
});
