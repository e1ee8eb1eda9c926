/** DNS that is away for long, or says what is not: who is asked and well goes on being asked, and nobody is asked in vain for ever. */
import { describe, expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { after, between, type Nanos, seconds, type UnixNanos } from '#contract/time.ts';
import { sourcesOf } from '../../ntp-gateway/status/sources.ts';
import { scrape } from '../support/metric-values.ts';
import { makeServer } from './server.ts';
import { makeWorld, START } from './world.ts';

const HOUR = seconds(3_600);
/** The longest back-off of a name is 64 s; then the server is asked. */
const SOON = seconds(70);
const GARBAGE = Array.from({ length: 32 }, (_, i) => `198.51.100.${i}`); // where nobody answers

/** A gateway with one name for one server. @param dns - says what stands for it at so many ns from the start. */
const start = async (dns: (since: Nanos) => readonly string[]) => {
  let asked = 0;
  const source = { name: 'time.example', host: 'time.example', kind: 'address', port: 123, maxSources: 1 } as const;
  const poll = { minPoll: 6, maxPoll: 10, burst: false, interleaved: false };
  const world = await makeWorld({
    seed: 1,
    servers: { '192.0.2.1': makeServer() },
    names: {
      'time.example': (now: UnixNanos) => {
        asked++;
        return dns(between(START, now));
      },
    },
    config: { sources: [{ ...source, ...poll }] },
  });
  /** Lets time pass. @returns for how many seconds the time was told, truly. */
  const told = async (length: Nanos): Promise<number> => {
    let count = 0;
    await world.pass(length, () => {
      const claim = world.claim();
      if (!claim) return;
      expect(contains(claim, world.now())).toBe(true);
      count++;
    });
    return count;
  };
  const states = () => sourcesOf(world.gateway().core(), world.ports.mono()).map(({ state }) => state);
  return { world, told, states, asked: () => asked };
};

describe('DNS', () => {
  it('that does not answer for the first hour is asked each minute, shown, and time is told as soon as it does', async () => {
    const { world, told, states, asked } = await start((since) => (since < HOUR ? [] : ['192.0.2.1']));
    expect(await told(HOUR)).toBe(0);
    expect(states()).toEqual(['unresolved']);
    const unresolved = 'noonmark_source_state{source="time.example:123",state="unresolved"}';
    expect(scrape(world)[unresolved]).toBe(1);
    expect(asked()).toBeLessThan(100);
    await told(SOON);
    expect(await told(seconds(60))).toBe(60);
    expect(scrape(world)[unresolved]).toBeUndefined();
    const said = world.logged.filter((line) => line.startsWith('source time.example:123: '));
    expect(said).toEqual([
      expect.stringMatching(/^source time\.example:123: unresolved/),
      'source time.example:123: its name has an address',
    ]);
  });

  it.each<{ what: string; wrong: readonly string[] }>([
    { what: 'nothing', wrong: [] },
    { what: 'other addresses, of nobody', wrong: GARBAGE },
  ])('that says $what for an hour takes no server away that is well', async ({ wrong }) => {
    const { world, told, states, asked } = await start((since) => (since < seconds(600) ? ['192.0.2.1'] : wrong));
    await told(seconds(600));
    const before = asked();
    expect(await told(HOUR)).toBe(3_600);
    expect(states()).toEqual(['selected']);
    expect(asked() - before).toBeLessThan(70);
    expect(world.logged.filter((line) => line.includes('198.51.100'))).toEqual([]);
  });

  it('that named nobody who answers is asked again, and who it names then is asked', async () => {
    const { world, told, states } = await start((since) => (since < HOUR ? GARBAGE : ['192.0.2.1']));
    expect(await told(HOUR)).toBe(0);
    await told(seconds(1_200)); // four of its polls, which have become rare
    expect(await told(seconds(60))).toBe(60);
    expect(states()).toContain('selected');
    expect(world.gateway().core().sources.size).toBe(1);
    expect(after(START, HOUR)).toBeLessThan(world.now());
  });
});
