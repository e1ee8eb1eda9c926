/** How often one server is asked. It is theirs to give: every doubt makes us ask less often, none more. */
import { type Nanos, nanos, seconds } from '#contract/time.ts';

export type PollConfig = {
  /** log2 s, the bounds of the poll interval outside a burst. */
  readonly minPoll: number;
  readonly maxPoll: number;
  /** A few quick requests at start, and again when an unreachable server is back. */
  readonly burst: boolean;
};

export type Pace = {
  /** log2 s between two requests outside a burst. */
  readonly poll: number;
  /** A burst is over when it may send no more or wants no more. */
  readonly burstLeft: number;
  readonly repliesWanted: number;
};

const BURST_REQUESTS = 8;
const BURST_REPLIES = 4;
/** RFC 5905 §13.2; servers that limit rates answer RATE to anything faster. */
const BURST_SPACING = seconds(2);
/** Requests of many clients that started together drift apart. Later alone: never faster than the interval says. */
const SPREAD = 0.05;
/** Unauthenticated kisses slow us down to 2^10 s and no further, or forging them would silence us. */
const MAX_KISS_POLL = 10;
const ALL_ANSWERED = 0xff;

export const startPace = ({ minPoll, burst }: PollConfig): Pace => ({
  poll: minPoll,
  burstLeft: burst ? BURST_REQUESTS : 0,
  repliesWanted: burst ? BURST_REPLIES : 0,
});

const isBursting = ({ burstLeft, repliesWanted }: Pace): boolean => burstLeft > 0 && repliesWanted > 0;

export const paceAfterRequest = (pace: Pace): Pace =>
  isBursting(pace) ? { ...pace, burstLeft: pace.burstLeft - 1 } : pace;

/**
 * @param reach - RFC 5905 §9.2: the last eight requests, the newest lowest, a bit set for each that was answered.
 *   Here with the bit of this reply still clear.
 * @param kiss - the last kiss code since the last reply.
 */
export const paceAfterReply = (pace: Pace, reach: number, kiss: string | undefined, config: PollConfig): Pace => {
  if (isBursting(pace)) return { ...pace, repliesWanted: pace.repliesWanted - 1 };
  if (reach === 0 && kiss === undefined) {
    const { poll, burstLeft, repliesWanted } = startPace(config);
    return { poll, burstLeft: Math.max(0, burstLeft - 1), repliesWanted: Math.max(0, repliesWanted - 1) };
  }
  // What loss and kisses have added goes again, one step for each reply of a server that answers everything.
  return (reach | 1) === ALL_ANSWERED ? { ...pace, poll: Math.max(pace.poll - 1, config.minPoll) } : pace;
};

/** @param reach - with the bit of this request clear. @param kiss - the last kiss code since the last reply. */
export const paceAfterLoss = (
  pace: Pace,
  reach: number,
  kiss: string | undefined,
  { maxPoll }: Pick<PollConfig, 'maxPoll'>,
): Pace => {
  const slowest = Math.max(pace.poll, Math.min(maxPoll, MAX_KISS_POLL));
  switch (kiss) {
    case 'RATE': // RFC 5905 §7.4: MUST reduce
      return { ...pace, poll: Math.min(pace.poll + 1, slowest), burstLeft: 0 };
    // §7.4 says to ask never again, which would make one forged packet a kill switch
    case 'DENY':
    case 'RSTR':
      return { ...pace, poll: slowest, burstLeft: 0 };
  }
  if (isBursting(pace) || reach !== 0) return pace;
  return { ...pace, poll: Math.min(pace.poll + 1, maxPoll) };
};

/** From one request to the next. @param jitter - uniform in [0, 1). */
export const spacing = (pace: Pace, jitter: number): Nanos => {
  const interval = seconds(2 ** pace.poll);
  return nanos((isBursting(pace) ? Math.min(interval, BURST_SPACING) : interval) * (1 + SPREAD * jitter));
};
