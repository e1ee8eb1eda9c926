/**
 * `GET /ws`: exchanges over a WebSocket (RFC 6455), which carry no headers. The caller sends a text that it can tell its
 * exchanges apart by, such as its own time t1; the answer brings it back, with the time and its interval.
 *
 * The socket is held here and not in the Durable Object, whose clock runs late. `Date.now()` stands still until the next
 * event; a message is one, so its reading lies between its arrival and the departure of its answer.
 */
import { refuse } from '#contract/result.ts';
import { timeAnswer } from '#contract/time-answer.ts';
import { respondUpgraded } from '../headers.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { type Problem, problem } from '../problem.ts';

/** A time in whatever form, or a name that tells nothing of the caller's clock. Nothing in it needs escaping. */
const T1 = /^[\w.:+-]+$/;
const MAX_T1 = 64;
/** To the platform a connection is one request, with 10 ms of processor time on the free plan: these take 3.5 to 7.5 in workerd (docs/deploy.md). */
const MAX_MESSAGES = 100;
/**
 * Each refresh costs three calls of the platform at most, as the cache is read, the object asked, the cache written; and one for
 * each gateway, which may have to be asked itself. The free plan allows a request 50.
 */
const MAX_CALLS = 45;
const CALLS_OF_REFRESH = 3;
const MAX_LIFE_MS = 20 * 60_000;

/** RFC 6455 §7.4.1 and its registry at IANA. A reason is the word of the refusal. */
const CODES = {
  malformed: 1003,
  'too-large': 1009,
  unexpected: 1011,
  'no-time': 1013,
} as const satisfies Partial<Record<Problem, number>>;
const GOING_AWAY = 1001;

/** @param count - of refusals: those of a socket come when its request has long been answered. */
export const getWs =
  ({ settings, isolate, scope }: Ports, count: (refusal: Problem) => void) =>
  (c: EdgeContext): Response => {
    // RFC 6455 §4.1: by GET. Who asks with HEAD would leave a socket behind that nobody can reach.
    if (c.req.method !== 'GET' || c.req.header('Upgrade')?.toLowerCase() !== 'websocket')
      return problem(c, refuse('upgrade-required'), {}, { Upgrade: 'websocket' });
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    const end = (code: number, reason: string): void => {
      clearTimeout(life);
      ours.close(code, reason);
    };
    const calls = CALLS_OF_REFRESH + Object.keys(settings.gatewayKeys).length;
    const lifeMs = Math.min(MAX_LIFE_MS, Math.floor(MAX_CALLS / calls) * settings.refreshMs);
    const life = setTimeout(() => end(GOING_AWAY, 'connect-again'), lifeMs);

    const answer = async (message: string | ArrayBuffer): Promise<keyof typeof CODES | undefined> => {
      if (typeof message !== 'string') return 'malformed';
      if (message.length > MAX_T1) return 'too-large';
      if (!T1.test(message)) return 'malformed';
      const said = await isolate.time(scope(c));
      if (!said.ok) return said.reason;
      const { unixMs, earliestUnixMs, latestUnixMs, synchronized, leap } = timeAnswer(said.value);
      if (isOpen(ours))
        ours.send(JSON.stringify({ t1: message, unixMs, earliestUnixMs, latestUnixMs, synchronized, leap }));
      return undefined;
    };

    let messages = 0;
    const take = async (message: string | ArrayBuffer): Promise<void> => {
      if (messages === MAX_MESSAGES) return;
      const isLast = ++messages === MAX_MESSAGES;
      const refusal = await answer(message).catch((error: unknown): 'unexpected' => {
        console.error(error);
        return 'unexpected';
      });
      if (!isOpen(ours)) return;
      if (refusal) {
        count(refusal);
        end(CODES[refusal], refusal);
      } else if (isLast) end(GOING_AWAY, 'connect-again');
    };
    ours.addEventListener('message', ({ data }) => void take(data));
    ours.addEventListener('close', () => clearTimeout(life));
    return respondUpgraded(theirs);
  };

const isOpen = ({ readyState }: WebSocket): boolean => readyState === WebSocket.OPEN;
