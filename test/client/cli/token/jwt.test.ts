import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { readJwt } from '../../../../client/cli/token/jwt.ts';

const SECRET = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
const part = (text: string): string => Buffer.from(text).toString('base64url');
const jwt = (payload: string, head = '{"alg":"HS256"}'): string => `${part(head)}.${part(payload)}.${part('mac')}`;

describe('a JWT', () => {
  it('is read as jose writes it', async () => {
    const token = await new SignJWT({ sub: 'user' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(1_790_000_000)
      .setNotBefore(1_790_000_001)
      .setExpirationTime(1_790_003_600)
      .sign(SECRET);
    const value = { issuedAt: 1_790_000_000_000, notBefore: 1_790_000_001_000, expires: 1_790_003_600_000 };
    expect(readJwt(token)).toEqual({ ok: true, value });
  });

  it('is read without a signature, of which an unsecured one has none (RFC 7519 §6)', () => {
    expect(readJwt(new UnsecuredJWT({}).setExpirationTime(5).encode())).toEqual({
      ok: true,
      value: { expires: 5_000 },
    });
  });

  it('is read as RFC 7519 §3.1 has it', () => {
    const token =
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    expect(readJwt(token)).toEqual({ ok: true, value: { expires: Date.parse('2011-03-22T18:43:00Z') } });
  });

  it('may say nothing of time, and fractions of a second', () => {
    expect(readJwt(jwt('{}'))).toEqual({ ok: true, value: {} });
    expect(readJwt(jwt('{"nbf":1.5}'))).toEqual({ ok: true, value: { notBefore: 1_500 } });
  });

  it.each([
    ['two parts', `${part('{"alg":"none"}')}.${part('{}')}`, 'not a compact JWT'],
    ['six parts', 'a.b.c.d.e.f', 'not a compact JWT'],
    ['padding', `${jwt('{}')}=`, 'not a compact JWT'],
    ['a header that is none', jwt('{}', '[]'), 'header'],
    ['a header without alg', jwt('{}', '{}'), 'header'],
    ['claims that are no JSON', jwt('exp'), 'the payload is not JSON'],
    ['claims that are a list', jwt('[1]'), 'not an object'],
    ['claims that are null', jwt('null'), 'not an object'],
    ['an exp that is a text', jwt('{"exp":"1790000000"}'), 'exp'],
    ['an iat before 1970', jwt('{"iat":-1}'), 'iat'],
    ['an nbf beyond all calendars', jwt('{"nbf":1e300}'), 'nbf'],
    ['an exp that is null', jwt('{"exp":null}'), 'exp'],
  ])('with %s is refused', (_, token, detail) => {
    expect(readJwt(token)).toEqual({ ok: false, reason: 'malformed', detail });
  });

  it('that is encrypted is refused (RFC 7516 §3.1)', () => {
    expect(readJwt('eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA')).toEqual({ ok: false, reason: 'encrypted' });
  });
});
