/** `GET /time`: the answer, in the format that the caller likes, signed if he likes. */
import { parseAccept } from 'hono/utils/accept';
import { isNonce } from '#contract/fields.ts';
import { refuse } from '#contract/result.ts';
import { type Answer, timeAnswer, timeText, timeUnix, timeUnixMs } from '#contract/time-answer.ts';
import { timedHeaders } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { problem } from '../problem.ts';
import { orAnew } from '../signing-key.ts';

/** Callers of one ms are told the same answer: it is written once. */
const form = (type: string, write: (answer: Answer) => string, add = (body: string, _nonce: string) => body) => {
  const headers = timedHeaders(type);
  let last: { readonly answer: Answer; readonly body: string } | undefined;
  return (answer: Answer, nonce: string | undefined): Response => {
    if (last?.answer !== answer) last = { answer, body: write(answer) };
    const body = nonce === undefined ? last.body : add(last.body, nonce);
    return new Response(body, { headers: headers(answer) });
  };
};
/** Of base64url nothing is escaped. */
const addToJson = (body: string, nonce: string): string => `${body.slice(0, -1)},"nonce":"${nonce}"}`;
const PLAIN = {
  json: form('application/json', (answer) => JSON.stringify(timeAnswer(answer)), addToJson),
  text: form('text/plain; charset=utf-8', (answer) => `${timeText(answer)}\n`),
  unix: form('text/plain; charset=utf-8', (answer) => `${timeUnix(answer)}\n`),
  'unix-ms': form('text/plain; charset=utf-8', (answer) => `${timeUnixMs(answer)}\n`),
} as const;
export const FORMATS = [...(Object.keys(PLAIN) as (keyof typeof PLAIN)[]), 'jws'] as const;
type Format = (typeof FORMATS)[number];

const joseHeaders = timedHeaders('application/jose');

export const getTime =
  ({ isolate, scope, sign }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const { format: named, nonce, detail } = c.req.query();
    const format = named === undefined ? acceptable(c.req.header('Accept')) : isFormat(named) ? named : undefined;
    if (!format) return problem(c, refuse('not-acceptable', `format: expected ${FORMATS.join(', ')}`));
    if (nonce !== undefined && !isNonce(nonce))
      return problem(c, refuse('malformed', 'nonce: expected 16 to 64 characters of base64url'));

    const detailed = (format === 'json' || format === 'jws') && detail !== undefined;
    const known = await isolate.time(scope(c), detailed);
    if (!known.ok) return problem(c, known);
    const answer = known.value;
    if (format !== 'jws') return PLAIN[format](answer, nonce);
    const { origin } = new URL(c.req.url);
    const signed = await orAnew(
      () => sign(timeAnswer(nonce === undefined ? answer : { ...answer, nonce }), origin),
      isolate,
      scope(c),
    );
    if (!signed.ok) return problem(c, signed);
    return new Response(signed.value, { headers: joseHeaders(answer) });
  };

const isFormat = (name: string): name is Format => (FORMATS as readonly string[]).includes(name);

/** Browsers send 150 characters. To take apart 60 000 takes longer than the free plan gives a request. */
const LONGEST_ACCEPT = 1_024;

/** RFC 9110 §12.5.1: of what we have, what the caller likes best; the most exact range decides how much that is. */
const acceptable = (accept: string | undefined): 'json' | 'text' | 'jws' | undefined => {
  if (!accept || accept === '*/*') return 'json';
  if (accept.length > LONGEST_ACCEPT) return undefined;
  const ranges = parseAccept(accept);
  const liking = (...names: string[]): number => {
    for (const name of names) {
      const range = ranges.find(({ type }) => type.toLowerCase() === name);
      if (range) return range.q;
    }
    return 0;
  };
  const json = liking('application/json', 'application/*', '*/*');
  const text = liking('text/plain', 'text/*', '*/*');
  // Only where it is asked for by its own name: whoever takes anything wants to read it.
  const jws = liking('application/jose');
  if (jws > 0 && jws >= Math.max(json, text)) return 'jws';
  if (json === 0 && text === 0) return undefined;
  return text > json ? 'text' : 'json';
};
