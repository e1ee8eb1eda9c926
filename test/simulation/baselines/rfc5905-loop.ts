/**
 * RFC 5905 §11.3, A.5.5.6: the hybrid of phase and frequency locked loop, over a clock of its own.
 *
 * It has it better than the text while the frequency is measured for the first time, since a loop that starts badly takes
 * hours to recover, and the field's daemons have a drift file: the phase of the sample's own moment counts, and the clock
 * is stepped at the end.
 */

const [STEPT, WATCH] = [0.128, 900];
const [ALLAN, FLL, AVG, MAXFREQ] = [1500, 18, 4, 500e-6];
/** As ntpd has it; with the 65536 that A.5.5.6 prints, the loop at a poll of 64 s would take 48 days to settle. */
const PLL = 16;
const [MINPOLL, PGATE, LIMIT] = [6, 4, 30];
const PRECISION = 1e-7;

export const makeLoop = () => {
  let state: 'NSET' | 'FREQ' | 'SPIK' | 'SYNC' = 'NSET';
  /** A line over our oscillator from `at` on, into which `phase` is let in as by A.7.1: ever the same part of the rest. */
  let clock = { at: 0, offset: 0, frequency: 0, phase: 0, decay: 1 };
  /** Of the last sample by which the clock was set. */
  let disciplinedAt = 0;
  /** log2 s: on it rests the loop's time constant. */
  let poll = MINPOLL;
  let [jitter, count, last] = [0, 0, 0];

  const phaseAt = (now: number): number => clock.phase * clock.decay ** (now - clock.at);
  const offsetAt = (now: number): number =>
    clock.offset + (now - clock.at) * clock.frequency + clock.phase - phaseAt(now);

  const adjust = (now: number, change: { step: number; phase: number; frequency: number }): void => {
    const frequency = Math.min(Math.max(clock.frequency + change.frequency, -MAXFREQ), MAXFREQ);
    const decay = 1 - 1 / (PLL * Math.min(2 ** poll, ALLAN));
    clock = { at: now, offset: offsetAt(now) + change.step, frequency, phase: change.phase, decay };
  };

  /** Longer while offsets are no more than jitter. */
  const adaptPoll = (offset: number, mostPoll: number): void => {
    jitter = Math.sqrt(jitter ** 2 + (Math.max(Math.abs(offset - last), PRECISION) ** 2 - jitter ** 2) / AVG);
    last = offset;
    count += Math.abs(offset) < PGATE * jitter ? poll : -2 * poll;
    if (Math.abs(count) <= LIMIT) return;
    poll = Math.max(Math.min(MINPOLL, mostPoll), poll + Math.sign(count));
    count = 0;
  };

  return {
    offsetAt,
    isSettled: () => state === 'SYNC',
    isUnset: () => state === 'NSET',
    /**
     * @param offset - of theirs less this clock, at `sampledAt`.
     * @param mostPoll - log2 s: replies come no more often than this.
     */
    discipline: (now: number, sampledAt: number, offset: number, mostPoll: number): 'slew' | 'step' | 'ignore' => {
      poll = Math.min(poll, mostPoll);
      const mu = sampledAt - disciplinedAt;
      if (state === 'FREQ' && mu < WATCH) return 'ignore';
      const isOutlier = Math.abs(offset) > STEPT;
      if (isOutlier && state === 'SYNC') {
        state = 'SPIK';
        return 'ignore';
      }
      if (isOutlier && state === 'SPIK' && mu < WATCH) return 'ignore';
      const before = state;
      state = before === 'NSET' ? 'FREQ' : 'SYNC';
      disciplinedAt = sampledAt;
      const gained = offset - phaseAt(sampledAt);
      if (before === 'FREQ' || isOutlier) {
        const frequency = before === 'FREQ' ? gained / mu : 0;
        adjust(now, { step: offset + frequency * (now - sampledAt), phase: 0, frequency });
        [count, last] = [0, 0];
        return 'step';
      }
      let frequency = 0;
      if (before !== 'NSET') {
        if (2 ** poll > ALLAN / 2) frequency = gained / (Math.max(mu, ALLAN) * Math.max(AVG, FLL - poll));
        frequency += (offset * Math.min(mu, 2 ** poll)) / (4 * PLL * 2 ** poll) ** 2;
      }
      adaptPoll(offset, mostPoll);
      adjust(now, { step: 0, phase: offset, frequency });
      return 'slew';
    },
  };
};
