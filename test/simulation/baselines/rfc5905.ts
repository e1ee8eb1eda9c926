/**
 * A contestant after RFC 5905: clock filter (§10), selection and combination (§11.2), and a loop (§11.3), which is closed:
 * offsets are measured by the clock that it disciplines. It asks for no polls, so its own poll interval, on which the
 * loop's time constant rests, grows no longer than the spacing of what it is given.
 */
import type { MonoNanos } from '#contract/time.ts';
import type { Measurement } from '../../../ntp-gateway/protocol/reply.ts';
import type { Contestant } from '../contestant.ts';
import { type ClockFilter, EMPTY_FILTER, filterSample, PHI, pollOf, rootDistanceOf } from './clock-filter.ts';
import { momentOf, type Origin, observe, originOf, readingOf } from './observation.ts';
import { makeLoop } from './rfc5905-loop.ts';
import { agreeing, cluster } from './rfc5905-selection.ts';

type Peer = ClockFilter & { readonly name: string };

const [MINDISP, MAXDIST] = [0.01, 1];
export const makeRfc5905 = (): Contestant => {
  const peers = new Map<string, Peer>();
  let origin: Origin | undefined;
  let system: Peer | undefined;
  const loop = makeLoop();
  /** Of the last sample that was looked at. */
  let consideredAt = -Infinity;
  let root: { readonly delay: number; readonly dispersion: number; readonly at: number } | undefined;

  /** A.5.5.1 to A.5.5.5. */
  const select = (now: number): void => {
    // The first time is not to be one source's alone because the others were asked some seconds later.
    const most = Math.max(...[...peers.values()].map(({ stages }) => stages.length));
    if (loop.isUnset() && [...peers.values()].some(({ stages }) => stages.length === most - 1)) return;

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
    const offset = loop.isSettled() ? offsets / weights : peer.offset;
    const done = loop.discipline(now, peer.usedAt, offset, pollOf(peer));
    if (done === 'step') for (const [name] of peers) peers.set(name, { ...EMPTY_FILTER, name });
    if (done !== 'slew') return;
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
      const sample = { ...observation, offset: observation.offset - loop.offsetAt(observation.at) };
      const peer = { ...filterSample(before, sample), name };
      peers.set(name, peer);
      if (peer.usedAt > before.usedAt) select(now);
    },
    read: (now: MonoNanos) => {
      if (!origin || !root) return undefined;
      const moment = momentOf(origin, now);
      const distance = root.delay / 2 + root.dispersion + PHI * Math.abs(moment - root.at);
      return distance > MAXDIST ? undefined : readingOf(origin, moment, loop.offsetAt(moment), distance);
    },
  };
};
