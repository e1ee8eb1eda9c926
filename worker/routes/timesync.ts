/**
 * `POST /timesync`: what the npm package timesync asks of its server, a JSON-RPC 2.0 call without parameters whose result
 * is Unix ms. The package sends one call at a time, never a batch or a notification; those are refused.
 *
 * No error object is ever sent: the package looks at the status and `result` alone, and would take an error at 200 for a
 * time that is not a number.
 */
import * as v from 'valibot';
import { refuse } from '#contract/result.ts';
import { timeAnswer } from '#contract/time-answer.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { readBounded } from '../bounded-body.ts';
import { timedHeaders } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { problem } from '../problem.ts';

const MAX_BYTES = 1024;

const version = v.literal('2.0');
const id = v.union([v.pipe(v.string(), v.maxLength(64)), v.pipe(v.number(), v.safeInteger())]);
export const timesyncCall = v.object({ jsonrpc: version, id, method: v.literal('timesync') });
/** `result` in Unix ms. */
export const timesyncReply = v.object({ jsonrpc: version, id, result: v.number() });

const callText = v.pipe(v.string(), v.parseJson(), timesyncCall);

const headers = timedHeaders('application/json');

export const postTimesync =
  ({ isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const body = await readBounded(c.req.raw, MAX_BYTES);
    if (!body) return problem(c, refuse('too-large'));
    const asked = v.safeParse(callText, fromUtf8(body));
    if (!asked.success)
      return problem(c, refuse('malformed', 'expected {"jsonrpc": "2.0", "id": …, "method": "timesync"}'));

    const answer = await isolate.time(scope(c));
    if (!answer.ok) return problem(c, answer);
    const { jsonrpc, id } = asked.output;
    const reply: v.InferOutput<typeof timesyncReply> = { jsonrpc, id, result: timeAnswer(answer.value).unixMs };
    return new Response(JSON.stringify(reply), { headers: headers(answer.value) });
  };
