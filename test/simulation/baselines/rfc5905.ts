/**
 * A contestant after RFC 5905: clock filter (§10), selection and combination (§11.2), and the hybrid of phase and frequency
 * locked loop (§11.3, A.5.5.6). Its loop is closed: offsets are measured by the clock that it disciplines. The poll
 * interval, on which the loop's time constant rests, is not its own but the spacing of what it is given.
 *
 * It has it better than the text in its first hour alone, since a loop that starts badly takes hours to recover and the
 * field's daemons have a drift file: while the frequency is measured, one source's offsets and the phase at their moment
 * count, and the clock is stepped at the end.
 */
import type { MonoNanos } from '#contract/time.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/association.ts';
import type { Contestant } from '../contestant.ts';
import { type ClockFilter, EMPTY_FILTER, filterSample, PHI, pollOf, rootDistanceOf } from './clock-filter.ts';
import { momentOf, type Origin, observe, originOf, readingOf } from './observation.ts';
import { agreeing, cluster } from './rfc5905-selection.ts';

type Peer = ClockFilter & { readonly name: string };

const [MINDISP, MAXDIST] = [0.01, 1];
const [STEPT, WATCH] = [0.128, 900];
const [ALLAN, FLL, AVG, MAXFREQ] = [1500, 18, 4, 500e-6];
/** As ntpd has it; with the 65536 that A.5.5.6 prints, the loop at a poll of 64 s would take 48 days to settle. */
const PLL = 16;

export const makeRfc5905 = (): Contestant => {
  const peers = new Map<string, Peer>();
  let origin: Origin | undefined;
  let system: Peer | undefined;
  let state: 'NSET' | 'FREQ' | 'SPIK' | 'SYNC' = 'NSET';
  /** A line over our oscillator from `at` on, into which `phase` is let in as by A.7.1: ever the same part of the rest. */
  let clock = { at: 0, offset: 0, frequency: 0, phase: 0, decay: 1 };
  /** Of the last sample that was looked at, and of the last by which the clock was set. */
  let [consideredAt, disciplinedAt] = [-Infinity, 0];
  let root: { readonly delay: number; readonly dispersion: number; readonly at: number } | undefined;

  const phaseAt = (now: number): number => clock.phase * clock.decay ** (now - clock.at);
  const offsetAt = (now: number): number =>
    clock.offset + (now - clock.at) * clock.frequency + clock.phase - phaseAt(now);
  const adjust = (now: number, poll: number, change: { phase: number; frequency: number }): void => {
    const frequency = Math.min(Math.max(clock.frequency + change.frequency, -MAXFREQ), MAXFREQ);
    const decay = 1 - 1 / (PLL * Math.min(2 ** poll, ALLAN));
    clock = { at: now, offset: offsetAt(now), frequency, phase: change.phase, decay };
  };
  const step = (now: number, offset: number): 'step' => {
    clock = { ...clock, at: now, offset: offsetAt(now) + offset, phase: 0 };
    for (const [name] of peers) peers.set(name, { ...EMPTY_FILTER, name });
    return 'step';
  };

  /** A.5.5.6. */
  const discipline = (now: number, sampledAt: number, offset: number, poll: number): 'slew' | 'step' | 'ignore' => {
    const mu = sampledAt - disciplinedAt;
    if (state === 'FREQ' && mu < WATCH) return 'ignore';
    if (state === 'FREQ' || Math.abs(offset) > STEPT) {
      const isFirst = state === 'SYNC';
      if (isFirst) state = 'SPIK';
      if (isFirst || (state === 'SPIK' && mu < WATCH)) return 'ignore';
      const drift = state === 'FREQ' ? (offset - phaseAt(sampledAt)) / mu : 0;
      adjust(now, poll, { phase: 0, frequency: drift });
      state = state === 'NSET' ? 'FREQ' : 'SYNC';
      disciplinedAt = sampledAt;
      return step(now, offset + drift * (now - sampledAt));
    }
    let frequency = 0;
    if (state !== 'NSET') {
      if (2 ** poll > ALLAN / 2)
        frequency = (offset - phaseAt(sampledAt)) / (Math.max(mu, ALLAN) * Math.max(AVG, FLL - poll));
      frequency += (offset * Math.min(mu, 2 ** poll)) / (4 * PLL * 2 ** poll) ** 2;
    }
    adjust(now, poll, { phase: offset, frequency });
    state = state === 'NSET' ? 'FREQ' : 'SYNC';
    disciplinedAt = sampledAt;
    return 'slew';
  };

  /** A.5.5.1 to A.5.5.5. */
  const select = (now: number): void => {
    // The first time is not to be one source's alone because the others were asked some seconds later.
    const most = Math.max(...[...peers.values()].map(({ stages }) => stages.length));
    if (state === 'NSET' && [...peers.values()].some(({ stages }) => stages.length === most - 1)) return;

    const distance = (peer: Peer) => rootDistanceOf(peer, now, MINDISP);
    const able = [...peers.values()].filter((peer) => distance(peer) <= MAXDIST + PHI * 2 ** pollOf(peer));
    const survivors = cluster(
      agreeing(able, distance).toSorted((a, b) => MAXDIST * (a.stratum - b.stratum) + distance(a) - distance(b)),
    );
    const [first] = survivors;
    if (!first) return;
    const before = survivors.find(({ name }) => name === system?.name);
    const peer = before?.stratum === first.stratum ? before : first;
    // Never an older sample than the last one.
    if (peer.usedAt <= consideredAt) return;
    [system, consideredAt] = [peer, peer.usedAt];
    let [weights, offsets, squares] = [0, 0, 0];
    for (const survivor of survivors) {
      weights += 1 / distance(survivor);
      offsets += survivor.offset / distance(survivor);
      squares += (survivor.offset - first.offset) ** 2 / distance(survivor);
    }
    // Samples of different ages do not combine while the clock drifts by what is still to be measured.
    const offset = state === 'SYNC' ? offsets / weights : peer.offset;
    if (discipline(now, peer.usedAt, offset, pollOf(peer)) !== 'slew') return;
    const jitter = Math.hypot(peer.jitter, Math.sqrt(squares / weights));
    const own = Math.max(peer.dispersion + PHI * (now - peer.usedAt) + Math.abs(peer.offset), MINDISP);
    root = { at: now, delay: peer.rootDelay + peer.delay, dispersion: peer.rootDispersion + jitter + own };
  };

  return {
    name: 'RFC 5905',
    measured: (name: string, measurement: Measurement): void => {
      origin ??= originOf(measurement);
      const observation = observe(origin, measurement);
      const now = observation.receivedAt;
      const before = peers.get(name) ?? { ...EMPTY_FILTER, name };
      const sample = { ...observation, offset: observation.offset - offsetAt(observation.at) };
      const peer = { ...filterSample(before, sample), name };
      peers.set(name, peer);
      if (peer.usedAt > before.usedAt) select(now);
    },
    read: (now: MonoNanos) => {
      if (!origin || !root) return undefined;
      const moment = momentOf(origin, now);
      const distance = root.delay / 2 + root.dispersion + PHI * Math.abs(moment - root.at);
      return distance > MAXDIST ? undefined : readingOf(origin, moment, offsetAt(moment), distance);
    },
  };
};
