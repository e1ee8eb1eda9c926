/** How often one server is asked. It is theirs to give: every doubt makes us ask less often, none more. */
import { type Nanos, nanos, seconds } from '#contract/time.ts';

export type PollConfig = {
  /** log2 s, the bounds of the poll interval once the start is over. */
  readonly minPoll: number;
  readonly maxPoll: number;
  /** A poll is several requests, as many as keep their average at minPoll, four at most: for servers of one's own. */
  readonly burst: boolean;
};

export type Pace = {
  /** log2 s from poll to poll, by what replies have bought so far. Below minPoll while the start lasts. */
  readonly poll: number;
  /** What polls have cost, less what they bought, in bits, since `poll` was last set. */
  readonly score: number;
  /** log2: how many times longer losses and kisses make the interval. */
  readonly backOff: number;
  /** A burst is over when it may send no more or wants no more. */
  readonly burstLeft: number;
  readonly repliesWanted: number;
  /** Uniform in [0, 1): how much longer than it must be the next wait is. */
  readonly jitter: number;
};

/** What one measurement told beyond what was known already. */
export type Worth = {
  /** 0 … 1: the share of what was uncertain just before that it removed. */
  readonly gain: number;
  /** It says what the ones before had ruled out: something has changed. */
  readonly surprised: boolean;
};

const START_REQUESTS = 8;
const START_REPLIES = 4;
/** The start's burst ends in waits of 16 s, 32 s and so on: the longer two replies are apart, the more of our frequency they tell. */
const START_POLL = 3;
const BURST_REQUESTS = 4;
/** RFC 5905 §13.2; servers that limit rates answer RATE to anything faster. */
const BURST_SPACING = seconds(2);
/** Requests of many clients that started together drift apart. Later alone: never faster than the interval says. */
const SPREAD = 0.05;
/** Unauthenticated kisses slow us down to 2^10 s and no further, or forging them would silence us. */
const MAX_KISS_POLL = 10;
/** A server that counts requests must first forget those that were too many: two intervals, four of the one that it minded. */
const REST_AFTER_RATE = 2;
const ALL_ANSWERED = 0xff;
/** A poll pays if it removes 3 tenths of what was uncertain: half a bit. Each of its replies owes its part. */
const PRICE = 0.5;
/** The most that one reply counts for, and how far the score must go before the interval is changed. */
const MOST_BITS = 2;
const PATIENCE = 2;

export const startPace = ({ minPoll }: Pick<PollConfig, 'minPoll'>): Pace => ({
  poll: Math.min(minPoll, START_POLL),
  score: 0,
  backOff: 0,
  burstLeft: START_REQUESTS,
  repliesWanted: START_REPLIES,
  jitter: 0,
});

const isBursting = ({ burstLeft, repliesWanted }: Pace): boolean => burstLeft > 0 && repliesWanted > 0;

/** log2 s from poll to poll, all told: at most maxPoll. */
export const pollOf = ({ poll, backOff }: Pace): number => poll + backOff;

/** As many as keep the average at minPoll. */
const requestsOfPoll = ({ poll, backOff }: Pace, { minPoll, burst }: PollConfig): number =>
  burst && backOff === 0 ? Math.min(2 ** (poll - minPoll), BURST_REQUESTS) : 1;

export const paceAfterRequest = (pace: Pace, jitter: number, config: PollConfig): Pace => {
  if (isBursting(pace)) return { ...pace, jitter, burstLeft: pace.burstLeft - 1 };
  const requests = requestsOfPoll(pace, config);
  return requests > 1 ? { ...pace, jitter, burstLeft: requests - 1, repliesWanted: requests } : { ...pace, jitter };
};

/**
 * @param reach - RFC 5905 §9.2: the last eight requests, the newest lowest, a bit set for each that was answered.
 *   Here with the bit of this reply still clear.
 * @param kiss - the last kiss code since the last reply.
 */
export const paceAfterReply = (pace: Pace, reach: number, kiss: string | undefined, config: PollConfig): Pace => {
  if (isBursting(pace)) return { ...pace, repliesWanted: pace.repliesWanted - 1 };
  if (reach === 0 && kiss === undefined) {
    const start = startPace(config);
    const [burstLeft, repliesWanted] = [start.burstLeft - 1, start.repliesWanted - 1];
    return { ...start, jitter: pace.jitter, burstLeft, repliesWanted };
  }
  // What loss and kisses have added goes again, one step for each reply of a server that answers everything.
  return (reach | 1) === ALL_ANSWERED ? { ...pace, backOff: Math.max(0, pace.backOff - 1) } : pace;
};

/** After `paceAfterReply`, once the reply's measurement was learnt. A reply that measured nothing does not come here. */
export const paceAfterLearning = (pace: Pace, { gain, surprised }: Worth, config: PollConfig): Pace => {
  const { minPoll, maxPoll } = config;
  if (surprised) return { ...pace, poll: Math.min(pace.poll, minPoll), score: 0 };
  if (pace.poll < minPoll) return isBursting(pace) ? pace : { ...pace, poll: pace.poll + 1 };
  // Not asked as often as it would pay: that it pays is no reason to ask more often.
  if (pace.backOff > 0) return pace;
  const score = pace.score + PRICE / requestsOfPoll(pace, config) - Math.min(-Math.log2(1 - gain), MOST_BITS);
  if (Math.abs(score) < PATIENCE) return { ...pace, score };
  return { ...pace, poll: Math.min(Math.max(pace.poll + Math.sign(score), minPoll), maxPoll), score: 0 };
};

/** @param reach - with the bit of this request clear. @param kiss - the last kiss code since the last reply. */
export const paceAfterLoss = (
  pace: Pace,
  reach: number,
  kiss: string | undefined,
  { minPoll, maxPoll }: Pick<PollConfig, 'minPoll' | 'maxPoll'>,
): Pace => {
  const poll = Math.max(pace.poll, minPoll);
  const slower = (to: number): Pace => {
    const backOff = Math.max(pace.backOff, Math.min(to, maxPoll) - poll);
    return { ...pace, poll, backOff, burstLeft: 0 };
  };
  const next = poll + pace.backOff + 1;
  switch (kiss) {
    case 'RATE': // RFC 5905 §7.4: MUST reduce
      return slower(Math.min(next, MAX_KISS_POLL));
    // §7.4 says to ask never again, which would make one forged packet a kill switch
    case 'DENY':
    case 'RSTR':
      return slower(MAX_KISS_POLL);
  }
  return isBursting(pace) || reach !== 0 ? pace : slower(next);
};

/** As it goes on within other bounds; what the start has left of its burst is still to come. The same where nothing changes. */
export const paceWithin = (pace: Pace, before: PollConfig, { minPoll, maxPoll }: PollConfig): Pace => {
  const isStarting = pace.poll < before.minPoll;
  const poll = isStarting ? Math.min(pace.poll, minPoll) : Math.min(Math.max(pace.poll, minPoll), maxPoll);
  const backOff = Math.min(pace.backOff, maxPoll - poll);
  return poll === pace.poll && backOff === pace.backOff ? pace : { ...pace, poll, backOff, score: 0 };
};

/** From one request to the next. @param kiss - the last kiss code since the last reply. */
export const spacing = (pace: Pace, kiss?: string): Nanos => {
  const interval = 2 ** pollOf(pace);
  const rested = Math.min(interval * (1 + REST_AFTER_RATE), Math.max(interval, 2 ** MAX_KISS_POLL));
  const wait = seconds(kiss === 'RATE' ? rested : interval);
  return nanos((isBursting(pace) ? Math.min(wait, BURST_SPACING) : wait) * (1 + SPREAD * pace.jitter));
};
