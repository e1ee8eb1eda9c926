/**
 * `GET /dash/…`: the clocks that a DASH manifest names in `UTCTiming` (ISO/IEC 23009-1), `urn:mpeg:dash:utc:http-…:2014`.
 *
 * A player takes the whole body of a 200 for the time: nothing stands around it, not even the end of a line, which
 * `Date.parse` refuses; and where there is no time to give, the status is another one.
 */
import { type Answer, httpDate, noonmarkTime, timeMillisText, timeNtp } from '#contract/time-answer.ts';
import { respond } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { problem } from '../problem.ts';

const SCHEMES = {
  xsdate: { type: 'text/plain; charset=utf-8', write: timeMillisText },
  iso: { type: 'text/plain; charset=utf-8', write: timeMillisText },
  ntp: { type: 'application/octet-stream', write: timeNtp },
  /** `Date` alone counts here. */
  head: { type: 'text/plain; charset=utf-8', write: () => '' },
} as const satisfies Record<string, { type: string; write: (answer: Answer) => BodyInit }>;

export const getDash =
  ({ isolate, scope }: Ports, scheme: keyof typeof SCHEMES) =>
  async (c: EdgeContext): Promise<Response> => {
    const answer = await isolate.time(scope(c));
    if (!answer.ok) return problem(c, answer);
    const { type, write } = SCHEMES[scheme];
    const { value } = answer;
    return respond(write(value), {
      'Content-Type': type,
      Date: httpDate(value),
      'Noonmark-Time': noonmarkTime(value),
    });
  };
