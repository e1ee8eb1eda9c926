import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TOKEN_BYTES, readToken } from '../../../../client/cli/token/read-token.ts';
import { MADE } from './fernet-vectors.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const FERNET = MADE[5]!.token;
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJpYXQiOjE1MTc2MDIzOTksImV4cCI6MTUxNzYwNTk5OX0.c2ln';
const issuedAt = Date.parse('2018-02-02T20:13:19Z');
const expires = Date.parse('2018-02-02T21:13:19Z');
const issued = (id: unknown, expires: unknown) => JSON.stringify({ expires, id, project_id: 'p', user_id: 'u' });

describe('a text', () => {
  it.each([
    ['a Fernet token', `${FERNET}\n`, { kind: 'Fernet', issuedAt, expires: 'hidden' }],
    ['a JWT', `  ${JWT}\r\n`, { kind: 'JWT', issuedAt, expires }],
    [
      'what openstack prints of a Fernet token',
      `${issued(FERNET, '2018-02-02T21:13:19+0000')}\n`,
      { kind: 'Fernet', issuedAt, expires },
    ],
    ['the same elsewhere', issued(FERNET, '2018-02-02T22:13:19+0100'), { kind: 'Fernet', issuedAt, expires }],
    [
      'the same of an older client',
      issued(FERNET, '2018-02-02T21:13:19.000000Z'),
      { kind: 'Fernet', issuedAt, expires },
    ],
    [
      'what openstack prints of a JWS, whose own end counts',
      issued(JWT, '2018-02-02T23:59:59+0000'),
      { kind: 'JWT', issuedAt, expires },
    ],
  ])('that is %s', (_, text, value) => {
    expect(readToken(utf8(text))).toEqual({ ok: true, value });
  });

  it.each([
    ['nothing', utf8(' \n'), 'malformed', 'not a text'],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe), 'malformed', 'not a text'],
    ['something else', utf8('hello'), 'malformed', 'neither a JWT nor a Fernet token'],
    ['no JSON', utf8('{'), 'malformed', 'the payload is not JSON'],
    ['JSON without a token', utf8('{"expires":"2018-02-02T21:13:19+0000"}'), 'malformed', 'id'],
    ['JSON with a token within', utf8(issued(issued(FERNET, ''), '2018-02-02T21:13:19Z')), 'malformed', undefined],
    ['JSON without an end', utf8(JSON.stringify({ id: FERNET })), 'malformed', 'expires'],
    ['JSON with a local time', utf8(issued(FERNET, '2018-02-02T21:13:19')), 'malformed', 'expires'],
    ['JSON with no time', utf8(issued(FERNET, '2018-02-02T21:61:19+0000')), 'malformed', 'expires'],
    ['JSON with the 30th of February', utf8(issued(FERNET, '2018-02-30T21:13:19+0000')), 'malformed', 'expires'],
    ['JSON with an hour 24', utf8(issued(FERNET, '2018-02-02T24:00:00+0000')), 'malformed', 'expires'],
    ['JSON with a second 60 of any minute', utf8(issued(FERNET, '2018-02-02T21:13:60Z')), 'malformed', 'expires'],
    ['JSON with a number', utf8(issued(FERNET, 1517605999)), 'malformed', 'expires'],
    ['an encrypted JWT', utf8('e30..AAAA.AAAA.AAAA'), 'encrypted', undefined],
    ['too long', new Uint8Array(MAX_TOKEN_BYTES + 1).fill(65), 'too-large', undefined],
  ])('that is %s is refused', (_, bytes, reason, detail) => {
    expect(readToken(bytes)).toMatchObject({ ok: false, reason, ...(detail !== undefined && { detail }) });
  });

  const words = ['too-large', 'malformed', 'encrypted'];
  const isInTime = (ms: unknown) => ms === undefined || ms === 'hidden' || Math.abs(Number(ms)) <= 8.64e15;

  it('that was altered anywhere gives times of the calendar or a word', () => {
    const whole = fc.constantFrom(FERNET, JWT, issued(FERNET, '2018-02-02T21:13:19+0000'), issued(JWT, 'x'));
    const edit = fc.record({ at: fc.nat(), cut: fc.nat({ max: 8 }), put: fc.string({ maxLength: 8, unit: 'binary' }) });
    fc.assert(
      fc.property(whole, fc.array(edit, { minLength: 1, maxLength: 3 }), (token, edits) => {
        const text = edits.reduce((text, { at, cut, put }) => {
          const from = at % (text.length + 1);
          return text.slice(0, from) + put + text.slice(from + cut);
        }, token);
        const read = readToken(utf8(text));
        if (read.ok) {
          const { kind, ...times } = read.value;
          expect(Object.values(times).every(isInTime), kind).toBe(true);
        } else {
          expect(words).toContain(read.reason);
        }
      }),
    );
  });

  it('of any bytes gives a token or a word', () => {
    const claims = fc.json().map((json) => `${JWT.split('.')[0]}.${Buffer.from(json).toString('base64url')}.c2ln`);
    const bytes = fc.oneof(fc.uint8Array(), claims.map(utf8), fc.json().map(utf8));
    fc.assert(
      fc.property(bytes, (bytes) => {
        const read = readToken(bytes);
        if (!read.ok) expect(words).toContain(read.reason);
      }),
    );
  });
});
