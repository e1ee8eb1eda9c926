/** An edge that answers nonsense, refusals or nothing for a while: little is asked of it, it is said once, and all comes back. */
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { after, between, type Nanos, nanos, seconds } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import type { Answer } from '../../ntp-gateway/publish/answer.ts';
import { statusOf } from '../../ntp-gateway/status/status.ts';
import { scrape } from '../support/metric-values.ts';
import { makeEdge, ORIGIN } from './edge.ts';
import { makeServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

type Fault = {
  readonly answer: (sample: TimeSample, world: World) => Answer | Promise<Answer>;
  readonly word: string;
  /** s until it is well again once the edge is. */
  readonly within?: number;
};

const problem = (status: number, word: string, more: object = {}): Answer => ({
  status,
  body: { type: `urn:noonmark:problem:${word}`, ...more },
});
const gone = (): never => {
  throw new Error('no route');
};

const FAULTS: Readonly<Record<string, Fault>> = {
  '401, as the key is not known': { answer: () => problem(401, 'unknown-key'), word: 'unknown-key' },
  '409, and an epoch ahead of each of ours': {
    answer: ({ epoch }) => problem(409, 'replayed', { epoch: epoch + 5 }),
    word: 'replayed',
  },
  '429, and to come again in a hundred years': {
    answer: () => ({ ...problem(429, 'too-many-requests'), retryAfter: 3e9 }),
    word: 'too-many-requests',
    within: 301,
  },
  '500': { answer: () => ({ status: 500, body: undefined }), word: 'status-500' },
  '503, and to come again in a minute': {
    answer: () => ({ ...problem(503, 'no-time'), retryAfter: 60 }),
    word: 'no-time',
  },
  'a page of HTML': { answer: () => ({ status: 200, body: undefined }), word: 'malformed' },
  'to another place': { answer: () => ({ status: 307, body: undefined }), word: 'status-307' },
  nothing: { answer: gone, word: 'unreachable' },
  'one octet after the other': {
    answer: async (_sample, world) => {
      await world.wait(seconds(10)); // after which nobody waits any longer
      return gone();
    },
    word: 'unreachable',
  },
};

/** What the metric calls those words, which an edge could make up. */
const COUNTED: Readonly<Record<string, string>> = {
  'unknown-key': 'status-401',
  replayed: 'status-409',
  'too-many-requests': 'status-429',
  'no-time': 'status-503',
};

const OTHER = 'https://other.example.org';
const WELL = seconds(300);
/** Back-off ends at 64 s, each wait drawn from its upper half; and the first few. */
const mostPosts = (length: Nanos): number => 12 + length / seconds(32);

export const describeEdgeFaults = (length: Nanos): void => {
  it(`an edge that is down for ${length / seconds(60)} minutes, now a proxy's page and now nothing, is said so once in each word`, async () => {
    const [from, to] = [after(START, WELL), after(START, nanos(WELL + length))];
    const edge = makeEdge();
    let posts = 0;
    const world = await makeWorld({
      seed: 1,
      servers: { a: makeServer() },
      config: { publish: [{ origin: ORIGIN, interval: seconds(16) }] },
      checkEdge: edge.tell,
      edge: async (sample, sha256, world) => {
        if (world.now() < from || world.now() >= to) return edge.post(sample, sha256, world);
        return posts++ % 2 === 0 ? { status: 502, body: undefined } : gone();
      },
    });
    await world.pass(nanos(WELL + length + seconds(70)));
    expect(posts).toBeGreaterThan(20);
    const said = world.logged.filter((line) => line.startsWith(`publish to ${ORIGIN}: `));
    const words = said.map((line) => line.slice(`publish to ${ORIGIN}: `.length));
    expect(words.slice(words.indexOf('ok'))).toEqual(['ok', 'status-502', 'unreachable', 'ok']);
  });

  describe(`an edge that answers, for ${length / seconds(60)} minutes`, () => {
    it.each(Object.keys(FAULTS))('%s', async (name) => {
      const { answer, word, within = 70 } = FAULTS[name]!;
      const [from, to] = [after(START, WELL), after(START, nanos(WELL + length))];
      const isBad = (world: World): boolean => world.now() >= from && world.now() < to;
      const [edge, other] = [makeEdge(), makeEdge()];
      let posts = 0;
      const world = await makeWorld({
        seed: 1,
        servers: { a: makeServer() },
        config: { publish: [ORIGIN, OTHER].map((origin) => ({ origin, interval: seconds(16) })) },
        checkEdge: edge.tell,
        edge: async (sample, sha256, world) => {
          if (sample.aud === OTHER) return other.post({ ...sample, aud: ORIGIN }, sha256, world); // it knows but one name
          if (!isBad(world)) return edge.post(sample, sha256, world);
          posts++;
          return answer(sample, world);
        },
      });
      const publisher = () => world.gateway().core().publishers.get(ORIGIN)!;
      await world.pass(WELL);
      expect(publisher().outcome).toBe('ok');

      await world.pass(length, () => expect(contains(world.claim()!, world.now())).toBe(true));
      expect(publisher().outcome).toBe(word);
      expect(posts).toBeGreaterThan(length / seconds(330));
      expect(posts).toBeLessThan(mostPosts(length));
      const { publish } = statusOf(world.gateway().core(), undefined, world.ports.mono());
      expect(publish).toMatchObject([{ outcome: word }, { outcome: 'ok' }]);
      expect(publish[0]!.takenSecondsAgo).toBeGreaterThan(length / 1e9 - 20);
      const [edgeOf, failures] = [`edge="${ORIGIN}"`, `noonmark_publish_failures_in_a_row{edge="${ORIGIN}"}`];
      const during = scrape(world);
      expect(during[`noonmark_publish_age_seconds{${edgeOf}}`]).toBe(publish[0]!.takenSecondsAgo);
      const counted = `noonmark_publish_total{${edgeOf},word="${COUNTED[word] ?? word}"}`;
      expect(during[counted]).toBeGreaterThanOrEqual(during[failures]!);
      expect(during[failures]).toBeGreaterThan(1);
      const told = other.answer(world.now());
      expect(told && contains(told, world.now())).toBe(true);

      await world.pass(seconds(within));
      expect(publisher().outcome).toBe('ok');
      const [last] = statusOf(world.gateway().core(), undefined, world.ports.mono()).publish;
      expect(last!.takenSecondsAgo).toBeLessThan(20);
      expect(scrape(world)[failures]).toBe(0);
      const again = edge.answer(world.now());
      expect(again && contains(again, world.now())).toBe(true);
      const said = world.logged.filter((line) => line.startsWith(`publish to ${ORIGIN}: `));
      expect(said.slice(-2)).toEqual([`publish to ${ORIGIN}: ${word}`, `publish to ${ORIGIN}: ok`]);
      expect(said.length).toBeLessThan(5); // those of the start with them
      expect(between(to, world.now())).toBe(seconds(within));
      expect(world.violations).toEqual([]);
    });
  });
};
