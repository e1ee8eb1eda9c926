/** The least that a Worker tells the time with; and the least with which it says as much as ours. */
import { Hono } from 'hono';
import { nanos, unixMillis } from '#contract/time.ts';
import { type Answer, timeAnswer } from '#contract/time-answer.ts';
import { timedHeaders } from '../../../worker/headers.ts';

const time = unixMillis(1_795_336_200_123);
const answer: Answer = {
  earliest: time,
  time,
  latest: time,
  synchronized: true,
  leap: 'none',
  taiOffsetSeconds: 37,
  stratum: 4,
  gateway: 'gw-test',
  sampleAge: nanos(512e6),
};
const headers = timedHeaders('application/json')(answer);
const body = JSON.stringify(timeAnswer(answer));

const app = new Hono();
app.get('/', (c) => c.json({ unixMs: Date.now() }));
app.get('/as-much', () => new Response(body, { headers }));

export default app;
