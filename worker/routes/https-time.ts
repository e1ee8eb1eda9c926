/** `GET /.well-known/time`: Time over HTTPS (Kamp, 2015; phk.freebsd.dk/time/20151129). */
import { httpDate, noonmarkTime, timeUnix } from '#contract/time-answer.ts';
import { respond } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { problem } from '../problem.ts';

/** Headers alone. Who does not know `X-HTTPSTIME` asks again and again for the moment at which `Date` goes on. */
export const getHttpsTime =
  ({ isolate, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const answer = await isolate.time(scope(c));
    if (!answer.ok) return problem(c, answer);
    const { value } = answer;
    return respond(
      null,
      { 'X-HTTPSTIME': timeUnix(value), Date: httpDate(value), 'Noonmark-Time': noonmarkTime(value) },
      204,
    );
  };
