/** A measurement with Roughtime, over servers of every kind: who lies is shown, and what is reported proves it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatenate } from '#contract/concatenate.ts';
import { contains } from '#contract/interval.ts';
import { ok, refuse } from '#contract/result.ts';
import { contradictions, verifyChain } from '#contract/roughtime/chain.ts';
import { decodeReport } from '#contract/roughtime/malfeasance-report.ts';
import { after, milliseconds, seconds, unixMillis } from '#contract/time.ts';
import type { Bytes } from '#contract/web-platform.ts';
import { askRoughtime, type Measurement, MOST_SERVERS, type RoughtimeServer } from '../../client/roughtime.ts';
import { evenly } from '../support/evenly.ts';
import { fakeServer, makeKey, makeWorld, type RoughtimeWorld } from '../support/fake-roughtime.ts';

const truth = (world: RoughtimeWorld) => after(unixMillis(world.beginning * 1_000), milliseconds(world.passedMs()));
const ask = (world: RoughtimeWorld, servers: readonly RoughtimeServer[]): Promise<Measurement> =>
  askRoughtime(servers, { rand: world.rand, clocks: () => [world.passedMs(), 5 + world.passedMs()] });

type Kinds = Readonly<Record<string, Parameters<typeof fakeServer>[2]>>;
const measure = async (kinds: Kinds) => {
  const world = makeWorld();
  const servers = await Promise.all(Object.entries(kinds).map(([name, ways]) => fakeServer(world, name, ways)));
  const measured = await ask(world, servers);
  return { world, measured, verdicts: Object.fromEntries(measured.servers.map((one) => [one.name, one.verdict])) };
};
const wordsOf = ({ servers }: Measurement, name: string) =>
  servers.find((one) => one.name === name)?.rounds.map((round) => (round.ok ? 'ok' : round.reason));
const pairsOf = ({ malfeasance }: Measurement) =>
  malfeasance?.contradictions.map(([earlier, later]) => `${earlier.server} > ${later.server}`);

/** As somebody else judges the report. @returns how many responses are in it. */
const expectProof = async ({ malfeasance }: Measurement): Promise<number> => {
  const links = decodeReport(malfeasance?.report ?? '');
  if (!links.ok) throw new Error(links.detail);
  const times = await verifyChain(links.value);
  if (!times.ok) throw new Error(times.reason);
  expect(contradictions(times.value)).toHaveLength(malfeasance?.contradictions.length ?? 0);
  expect(contradictions(times.value)).not.toEqual([]);
  return links.value.length;
};

const { publicKey: otherKey } = await makeKey();
/** RFC 10049 §4, §5: SIG is the first of seven values. */
const SIGNATURE_AT = 12 + 8 * 7;
const HOUR = 3_600;
const lying = { aheadS: () => HOUR };

describe('honest servers', () => {
  it('are asked in order, twice, and agree on what holds true time', async () => {
    const { world, measured, verdicts } = await measure({ a: {}, b: {}, c: {} });
    expect(verdicts).toEqual({ a: 'agrees', b: 'agrees', c: 'agrees' });
    expect(measured.servers.map(({ rounds }) => rounds.length)).toEqual([2, 2, 2]);
    const order = measured.servers
      .flatMap(({ rounds }) => rounds.flatMap((round) => (round.ok ? [round.value] : [])))
      .sort((a, b) => a.sent[0]! - b.sent[0]!);
    expect(order.map(({ server }) => server)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    expect(measured.at).toEqual([120, 125]);
    if (!measured.agreed.ok) throw new Error(measured.agreed.reason);
    expect(contains(measured.agreed.value, truth(world))).toBe(true);
    expect(measured).not.toHaveProperty('malfeasance');
  });

  it('are believed no further than the way of their answers was long', async () => {
    const { world, measured } = await measure({ a: { delaysMs: [0, 60_000] } });
    if (!measured.agreed.ok) throw new Error(measured.agreed.reason);
    const { earliest, latest } = measured.agreed.value;
    expect(contains(measured.agreed.value, truth(world))).toBe(true);
    expect(latest).toBeGreaterThanOrEqual(after(truth(world), seconds(3)));
    expect(earliest).toBeLessThanOrEqual(after(truth(world), seconds(-60)));
  });

  it('always agree on true time, whatever the delays, the radii and the clocks of this host', async () => {
    const delay = evenly({ min: 0, max: 5_000 });
    const server = fc.record({ there: delay, back: delay, radius: fc.integer({ min: 1, max: 10 }) });
    // One clock runs as quartz does; the other stands still, or is set, while the host sleeps.
    const rates = fc.record({
      ppm: fc.integer({ min: -499, max: 499 }),
      other: evenly({ min: -1, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(server, { minLength: 1, maxLength: 5 }), rates, async (drawn, { ppm, other }) => {
        const world = makeWorld();
        const servers = await Promise.all(
          drawn.map(({ there, back, radius }, i) =>
            fakeServer(world, `s${i}`, { delaysMs: [there, back], radius, aheadS: (n) => ((n + i) % radius) * 0.4 }),
          ),
        );
        const clocks = () => [Math.floor(world.passedMs() * (1 + ppm / 1e6)), world.passedMs() * other];
        const measured = await askRoughtime(servers, { rand: world.rand, clocks });
        expect(measured.malfeasance).toBeUndefined();
        if (!measured.agreed.ok) throw new Error(measured.agreed.reason);
        expect(contains(measured.agreed.value, truth(world))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a server that lies', () => {
  it.each([
    { where: 'first', kinds: { liar: lying, a: {}, b: {} } },
    { where: 'in the middle', kinds: { a: {}, liar: lying, b: {} } },
    { where: 'last', kinds: { a: {}, b: {}, liar: lying } },
  ])('by an hour, $where, is outvoted and proven to', async ({ kinds }) => {
    const { world, measured, verdicts } = await measure(kinds);
    expect(verdicts).toEqual({ a: 'agrees', b: 'agrees', liar: 'outvoted' });
    if (!measured.agreed.ok) throw new Error(measured.agreed.reason);
    expect(contains(measured.agreed.value, truth(world))).toBe(true);
    expect(await expectProof(measured)).toBe(6);
    for (const pair of pairsOf(measured)!) expect(pair).toMatch(/^liar > [ab]$/);
  });

  it('by an hour into the past, likewise', async () => {
    const { measured, verdicts } = await measure({ liar: { aheadS: () => -HOUR }, a: {}, b: {} });
    expect(verdicts).toEqual({ a: 'agrees', b: 'agrees', liar: 'outvoted' });
    expect(await expectProof(measured)).toBe(6);
    for (const pair of pairsOf(measured)!) expect(pair).toMatch(/^[ab] > liar$/);
  });

  it('once in two answers contradicts itself', async () => {
    const { measured, verdicts } = await measure({ a: {}, b: {}, liar: { aheadS: (n) => HOUR * (1 - n) } });
    expect(verdicts).toEqual({ a: 'agrees', b: 'agrees', liar: 'contradicts-itself' });
    expect(pairsOf(measured)).toContain('liar > liar');
    await expectProof(measured);
  });

  it('is not told from an honest one where there are but two', async () => {
    const { measured, verdicts } = await measure({ a: {}, liar: lying });
    expect(verdicts).toEqual({ a: 'undecided', liar: 'undecided' });
    expect(measured.agreed).toEqual(refuse('no-majority'));
    await expectProof(measured);
  });

  it('alone is believed: nobody contradicts it', async () => {
    const { measured, verdicts } = await measure({ liar: lying });
    expect(verdicts).toEqual({ liar: 'agrees' });
    expect(measured).not.toHaveProperty('malfeasance');
  });

  it('is no majority, though the path lets nobody else through', async () => {
    const dead = { meddle: async () => refuse('timeout') };
    const { measured, verdicts } = await measure({ a: dead, liar: lying, b: dead });
    expect(verdicts).toEqual({ a: 'silent', liar: 'undecided', b: 'silent' });
    expect(measured.agreed).toEqual(refuse('no-majority'));
  });
});

describe('a server that fails', () => {
  const stale: Bytes[] = [];
  it.each([
    { what: 'is silent', ways: { meddle: async () => refuse('timeout') }, words: ['timeout', 'timeout'] },
    {
      what: 'is not there',
      ways: { meddle: async () => refuse('unreachable') },
      words: ['unreachable', 'unreachable'],
    },
    { what: 'sends garbage', ways: { meddle: async () => ok(new Uint8Array(420)) }, words: ['malformed', 'malformed'] },
    { what: 'sends nothing', ways: { meddle: async () => ok(new Uint8Array(0)) }, words: ['malformed', 'malformed'] },
    { what: 'sends too much', ways: { meddle: async () => refuse('too-long') }, words: ['too-long', 'too-long'] },
    {
      what: 'has another key',
      ways: { pinned: otherKey },
      words: ['bad-certificate', 'bad-certificate'],
    },
    {
      what: 'says what it said before',
      ways: { meddle: async (response: Bytes) => ok(stale[stale.push(response) - 2] ?? response) },
      words: ['ok', 'other-nonce'],
    },
    {
      what: 'lies, and its signature does not fit',
      ways: {
        ...lying,
        meddle: async (response: Bytes) => ok(response.with(SIGNATURE_AT, response[SIGNATURE_AT]! ^ 1)),
      },
      words: ['bad-signature', 'bad-signature'],
    },
  ])('$what: by its word, without a report, and the others are none the worse', async ({ ways, words }) => {
    const { measured, verdicts } = await measure({ a: {}, failing: ways, b: {} });
    expect(wordsOf(measured, 'failing')).toEqual(words);
    expect(verdicts).toMatchObject({ a: 'agrees', b: 'agrees', failing: words[0] === 'ok' ? 'agrees' : 'silent' });
    expect(measured.agreed.ok).toBe(true);
    expect(measured).not.toHaveProperty('malfeasance');
  });

  it.each([
    { where: 'first', kinds: { failing: 0, a: 1, liar: 1, b: 1 } },
    { where: 'in the middle', kinds: { a: 1, failing: 0, liar: 1, b: 1 } },
    { where: 'last', kinds: { a: 1, liar: 1, b: 1, failing: 0 } },
  ])('$where leaves no gap in the proof against another', async ({ kinds }) => {
    const ways = { failing: { meddle: async () => refuse('timeout') }, a: {}, b: {}, liar: lying } as const;
    const names = Object.keys(kinds) as (keyof typeof ways)[];
    const { measured } = await measure(Object.fromEntries(names.map((name) => [name, ways[name]])));
    expect(await expectProof(measured)).toBe(6);
  });
});

it('whatever comes back is no proof against anybody, and no time', async () => {
  const bytes = fc.uint8Array({ maxLength: 5_000 }) as fc.Arbitrary<Bytes>;
  const alter = fc.oneof(
    bytes.map((some) => () => some),
    fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => (response: Bytes) => {
      const index = at % response.length;
      return response.with(index, response[index]! ^ mask);
    }),
    fc.nat(419).map((size) => (response: Bytes) => response.slice(0, size)),
    bytes.filter(({ length }) => length > 0).map((more) => (response: Bytes) => concatenate(response, more)),
  );
  await fc.assert(
    fc.asyncProperty(alter, async (altered) => {
      const failing = { ...lying, meddle: async (response: Bytes) => ok(altered(response)) };
      const { measured, verdicts } = await measure({ a: {}, failing, b: {} });
      expect(verdicts).toEqual({ a: 'agrees', failing: 'silent', b: 'agrees' });
      expect(measured).not.toHaveProperty('malfeasance');
    }),
    { numRuns: 50 },
  );
});

it('refuses to count one key twice, and to ask more than a report can hold', async () => {
  const world = makeWorld();
  const server = await fakeServer(world, 'a');
  await expect(ask(world, [server, { ...server, name: 'b' }])).rejects.toThrow(RangeError);
  const many = await Promise.all(Array.from({ length: MOST_SERVERS + 1 }, (_, i) => fakeServer(world, `${i}`)));
  await expect(ask(world, many)).rejects.toThrow(RangeError);
  const most = await ask(world, [...many.slice(0, MOST_SERVERS - 1), await fakeServer(world, 'liar', lying)]);
  expect(await expectProof(most)).toBe(2 * MOST_SERVERS);
  expect(await ask(world, [])).toMatchObject({ servers: [], agreed: refuse('no-majority') });
});
