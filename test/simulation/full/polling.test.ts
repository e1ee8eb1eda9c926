/** How often servers are asked: as often as it pays, less often where they mind, and no worse for that. */
import { describe, expect, it } from 'vitest';
import { between, milliseconds, nanos, seconds } from '#contract/time.ts';
import { pollOf } from '../../../ntp-gateway/protocol/poll.ts';
import { decodePacket, encodePacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { ntpFromUnix, unixFromNtp } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { makeJudge, OURS } from '../judge.ts';
import { constant, exponential } from '../noise.ts';
import { makeServer, type SimulatedServer } from '../server.ts';
import { makeWorld, type World } from '../world.ts';

const HOUR = seconds(3_600);
const associationOf = (world: World) => [...world.gateway().core().sources.values()][0]!.association;
const sentBy = (world: World): number => associationOf(world).counters.sent ?? 0;

type Keys = NonNullable<Parameters<typeof makeWorld>[0]['every']>;

/** Six hours with one server. */
const watch = async (server: SimulatedServer, every: Keys = {}) => {
  const world = await makeWorld({ seed: 1, servers: { a: server }, every });
  const judge = makeJudge(world, [], { warmUp: seconds(600) });
  let oldestLine = 0;
  world.onMeasured(() => {
    oldestLine = Math.max(oldestLine, between(world.gateway().core().line!.at, world.mono()));
  });
  await world.pass(HOUR, judge.look);
  const sentAtFirst = sentBy(world);
  await world.pass(nanos(5 * HOUR), judge.look);
  const { counters, pace } = associationOf(world);
  const perHour = (sentBy(world) - sentAtFirst) / 5;
  return { ...judge.verdicts().get(OURS)!, perHour, counters, poll: pollOf(pace), oldestLine };
};

const PATHS = {
  lan: { there: milliseconds(0.1), back: milliseconds(0.1), noise: exponential(milliseconds(0.02)) },
  city: { there: milliseconds(2), back: milliseconds(2) },
  country: { there: milliseconds(10), back: milliseconds(12), noise: exponential(milliseconds(1)) },
  world: { there: milliseconds(60), back: milliseconds(60), noise: exponential(milliseconds(5)) },
};

describe('polls', () => {
  it.each([
    { path: 'lan', least: 45, most: 60 },
    { path: 'city', least: 5, most: 30 },
    { path: 'country', least: 3, most: 12 },
    { path: 'world', least: 3, most: 10 },
  ] as const)('of a server on the $path: $least to $most in an hour, not 55', async ({ path, least, most }) => {
    const [often, adaptive] = await Promise.all([
      watch(makeServer(PATHS[path]), { maxPoll: 6 }),
      watch(makeServer(PATHS[path])),
    ]);
    expect(often.perHour).toBeGreaterThan(50);
    expect(adaptive.perHour).toBeGreaterThanOrEqual(least);
    expect(adaptive.perHour).toBeLessThanOrEqual(most);
    expect(adaptive.coverage).toBe(1);
    expect(adaptive.width).toBeLessThan(1.2 * often.width);
    // From a fifth of the replies or fewer: errors that fell with their root would be 2.3 times as large.
    expect(adaptive.rms).toBeLessThan(Math.max(2.3 * often.rms, 100_000));
  });

  it('of a lossy path are no more than of a quiet one at their shortest interval', async () => {
    const lossy = await watch(makeServer({ ...PATHS.country, loss: 0.3 }));
    expect(lossy.counters.timeout).toBeGreaterThan(20);
    expect(lossy.perHour).toBeLessThan(20);
    expect(lossy.coverage).toBe(1);
  });

  it('in bursts cost no more than polls at the shortest interval', async () => {
    const burst = await watch(makeServer(PATHS.country), { burst: true });
    expect(burst.perHour).toBeLessThanOrEqual(3_600 / 64);
    expect(burst.perHour).toBeGreaterThan(20); // without bursts it is at most 12
    expect(burst.coverage).toBe(1);
  });

  it('of a server that limits rates: it is hardly annoyed, and time is kept', async () => {
    const limited = await watch(makeServer({ limit: { interval: seconds(128), burst: 4 } }));
    const { 'kiss-rate': kisses = 0, measured = 0 } = limited.counters;
    expect(kisses).toBeGreaterThan(0);
    expect(kisses).toBeLessThan(6);
    expect(measured).toBeGreaterThan(50);
    expect(limited.coverage).toBe(1);
    expect(limited.availability).toBe(1);
  });

  it('come at the shortest interval again once the oscillator is no longer what it was', async () => {
    const step = { at: nanos(5 * HOUR), by: 2e-5 };
    const server = makeServer(PATHS.country);
    const world = await makeWorld({ seed: 1, servers: { a: server }, oscillator: { frequency: 2e-5, steps: [step] } });
    await world.pass(nanos(5 * HOUR));
    expect(pollOf(associationOf(world).pace)).toBeGreaterThan(8);
    const polls: number[] = [];
    await world.pass(seconds(2_100), () => polls.push(pollOf(associationOf(world).pace))); // two of the longest intervals
    expect(Math.min(...polls)).toBe(6);
  });
});

/** Its replies wait in a queue on their way out, for as long as `stuck` says, and the stamps in them do not know of it. RFC 9769 does. */
const interleaving = (server: SimulatedServer, stuckMs: () => number): SimulatedServer => {
  const left = new Map<bigint, bigint>();
  return {
    travel: server.travel,
    answer: (request, now, dice) => {
      const asked = decodePacket(request);
      if (!asked.ok) return [];
      return server.answer(request, now, dice).map(({ bytes, delay }) => {
        const reply = decodePacket(bytes);
        if (!reply.ok) throw new Error(reply.reason);
        const stuck = milliseconds(stuckMs());
        const { originTimestamp, receiveTimestamp } = asked.value;
        const before = left.get(originTimestamp);
        const really = ntpFromUnix((unixFromNtp(reply.value.transmitTimestamp, now) + BigInt(stuck)) as typeof now);
        left.set(reply.value.receiveTimestamp, really);
        const stamps =
          before === undefined
            ? {}
            : { originTimestamp: receiveTimestamp, transmitTimestamp: before as typeof originTimestamp };
        return { bytes: encodePacket({ ...reply.value, ...stamps }), delay: nanos(delay + stuck) };
      });
    },
  };
};

describe('interleaved', () => {
  it('replies that wait at the server cost no accuracy, and the interval holds', async () => {
    const lan = makeServer({ ...PATHS.lan, noise: constant(nanos(0)), says: { rootDispersion: nanos(0) } });
    const polls = { minPoll: 3, maxPoll: 3 };
    let n = 0;
    const server = () => interleaving(lan, () => 1 + (n++ % 3));
    const [basic, interleaved] = await Promise.all([
      watch(server(), polls),
      watch(server(), { ...polls, interleaved: true }),
    ]);
    expect(interleaved.counters.interleaved).toBe(interleaved.counters.sent! - 1);
    expect([basic.coverage, interleaved.coverage]).toEqual([1, 1]);
    expect(interleaved.oldestLine).toBe(0); // a measurement of the poll before, and yet the clock is drawn as of now
    expect(interleaved.rms).toBeLessThan(basic.rms / 10);
    expect(interleaved.width).toBeLessThan(basic.width / 3);
  });
});
