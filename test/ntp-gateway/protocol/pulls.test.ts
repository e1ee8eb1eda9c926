import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { questionUrl } from '#contract/pulled-time.ts';
import { ok, refuse } from '#contract/result.ts';
import { unixNanos } from '#contract/time.ts';
import { type PullRequest, pulledTimeOf, screenPull } from '../../../ntp-gateway/protocol/pulls.ts';
import { pulledTime } from '../../contract/arbitraries.ts';

const EDGE = 'https://time.example.org';
const OTHER = 'http://127.0.0.1:8787';
const EDGES = new Set([EDGE, OTHER]);
const NONCE = 'c29tZSBkaWNlIGZvciB5b3U';

const screened = (target: string, more: Partial<PullRequest> = {}) =>
  screenPull({ method: 'GET', target, hasBody: false, ...more }, EDGES);
const good = `/pulled-time?aud=${encodeURIComponent(EDGE)}&nonce=${NONCE}`;

describe('a question', () => {
  it('is answered to each edge that is told to ask', () => {
    expect(screened(good)).toEqual(ok({ origin: EDGE, nonce: NONCE }));
    for (const origin of EDGES) {
      const { pathname, search } = new URL(questionUrl('https://gw.test', { origin, nonce: NONCE }));
      expect(screened(pathname + search)).toEqual(ok({ origin, nonce: NONCE }));
    }
  });

  it('may name what only newer edges know', () => {
    expect(screened(`${good}&newer=1`)).toEqual(ok({ origin: EDGE, nonce: NONCE }));
  });

  it.each(['', '/', '*', '/pulled-time/', '/pulled-time/x', '//pulled-time', '/%70ulled-time', `http://x${good}`])(
    'at %j is nobody’s',
    (target) => {
      expect(screened(target)).toEqual(refuse('no-such-path'));
    },
  );

  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get', ''])('by %s is refused', (method) => {
    expect(screened(good, { method })).toEqual(refuse('method-not-allowed'));
  });

  it('with a body is refused', () => {
    expect(screened(good, { hasBody: true })).toEqual(refuse('malformed'));
  });

  it.each([
    ['no parameters', '/pulled-time'],
    ['none behind the mark', '/pulled-time?'],
    ['no origin', `/pulled-time?nonce=${NONCE}`],
    ['no nonce', `/pulled-time?aud=${EDGE}`],
    ['two origins', `${good}&aud=${EDGE}`],
    ['two nonces', `${good}&nonce=${NONCE}`],
    ['a short nonce', `/pulled-time?aud=${EDGE}&nonce=${'n'.repeat(15)}`],
    ['a long nonce', `/pulled-time?aud=${EDGE}&nonce=${'n'.repeat(65)}`],
    ['a nonce of other letters', `/pulled-time?aud=${EDGE}&nonce=${'n'.repeat(16)}%0a`],
    ['more than any question has', `${good}&more=${'m'.repeat(1_024)}`],
  ])('with %s is malformed', (_name, target) => {
    expect(screened(target)).toEqual(refuse('malformed'));
  });

  it.each(['https://time.example.com', `${EDGE}/`, 'https://TIME.example.org', '', ' ', `${EDGE}%00`])(
    'by %j, who was not told to ask, gets nothing signed',
    (aud) => {
      expect(screened(`/pulled-time?aud=${aud}&nonce=${NONCE}`)).toEqual(refuse('wrong-audience'));
    },
  );

  it('of whatever form is answered or refused', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.boolean(), (target, method, hasBody) => {
        for (const text of [target, `/pulled-time?${target}`])
          expect(screenPull({ method, target: text, hasBody }, EDGES).ok).toBe(false);
      }),
    );
  });

  it('of the largest edge fits', () => {
    fc.assert(
      fc.property(pulledTime, ({ aud, nonce }) => {
        const { pathname, search } = new URL(questionUrl('https://gw.test', { origin: aud, nonce }));
        const asked = screenPull({ method: 'GET', target: pathname + search, hasBody: false }, new Set([aud]));
        expect(asked).toEqual(ok({ origin: aud, nonce }));
      }),
    );
  });
});

describe('what is told', () => {
  it('is the reading, for who asked', () => {
    const reading = {
      time: unixNanos(2n),
      earliest: unixNanos(1n),
      latest: unixNanos(4n),
      leap: 'insert' as const,
      epoch: 9,
    };
    expect(pulledTimeOf('gw-1', { origin: EDGE, nonce: NONCE }, reading)).toEqual({
      version: 1,
      gateway: 'gw-1',
      aud: EDGE,
      nonce: NONCE,
      epoch: 9,
      synchronized: true,
      estimateUnixNs: 2n,
      earliestUnixNs: 1n,
      latestUnixNs: 4n,
      leap: 'insert',
      lineage: ['gw-1'],
    });
  });
});
