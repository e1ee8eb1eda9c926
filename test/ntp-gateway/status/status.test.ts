import { describe, expect, it } from 'vitest';
import { milliseconds, nanos, seconds } from '#contract/time.ts';
import { takeLookWithin } from '../../../ntp-gateway/discipline/jump.ts';
import { sourcesOf } from '../../../ntp-gateway/status/sources.ts';
import { type Status, statusOf } from '../../../ntp-gateway/status/status.ts';
import { statusText } from '../../../ntp-gateway/status/status-text.ts';
import { sourcesText } from '../../../ntp-gateway/status/tables.ts';
import { makeServer } from '../../simulation/server.ts';
import { makeWorld } from '../../simulation/world.ts';

const EVERY = {
  kind: 'address' as const,
  port: 123,
  maxSources: 1,
  minPoll: 6,
  maxPoll: 10,
  burst: false,
  interleaved: false,
};
const NOTHING_SERVED = { served: 0, interleaved: 0, authenticated: 0, kissed: 0, dropped: {} };
const SERVED = { served: 7, interleaved: 5, authenticated: 3, kissed: 1, dropped: { mode: 2 } };

const makeLife = async (length = seconds(60.5)) => {
  const servers = {
    good: makeServer(),
    fine: makeServer(),
    liar: makeServer({ error: () => seconds(3_600) }),
    silent: makeServer({ isUp: () => false }),
  };
  const world = await makeWorld({
    seed: 1,
    servers,
    config: { publish: [{ origin: 'https://e.example', interval: seconds(16) }] },
  });
  await world.pass(length);
  return { core: world.gateway().core(), now: world.ports.mono(), claim: world.claim() };
};

describe('status', () => {
  it('says what the clock says, with units in the names', async () => {
    const { core, now, claim } = await makeLife();
    const status = statusOf(core, SERVED, now);
    expect(status).toMatchObject({
      gateway: 'gw-sim',
      epoch: 1,
      uptimeSeconds: 60,
      synchronized: true,
      clock: { stratum: 2, leap: 'none', sourcesSelected: 2, sourcesTotal: 4 },
      server: SERVED,
      publish: [{ url: 'https://e.example', outcome: 'unreachable' }],
    });
    expect(status.clock?.time).toMatch(/:\d\d\.\d{6}Z$/); // its bounds are told to the µs
    const [edge] = status.publish;
    expect(edge?.outcomeSecondsAgo).toBeLessThan(65); // the longest back-off
    expect(edge).toMatchObject({ taken: 0, takenSecondsAgo: undefined, failuresInARow: edge?.counters.unreachable });
    const { uncertaintyMs, rootDelayMs, rootDispersionMs } = status.clock!;
    expect(rootDelayMs / 2 + rootDispersionMs).toBeCloseTo(uncertaintyMs, 2);
    expect(status.clock?.earlierMs).toBeCloseTo(Number(claim!.time - claim!.earliest) / 1e6, 2);
    expect(() => JSON.stringify(status)).not.toThrow(); // which a bigint would
  });

  it.each<{ outcome: 'agreed' | 'unknown-key'; text: string }>([
    { outcome: 'agreed', text: 'agreed 3 s ago, +1.5 ms from us; 0 of 2 contradicted' },
    { outcome: 'unknown-key', text: 'unknown-key 3 s ago; 0 of 2 contradicted' }, // the offset is of an earlier answer
  ])('says of an edge that was asked: $outcome', async ({ outcome, text }) => {
    const { core, now } = await makeLife();
    const status = statusOf(core, SERVED, now);
    const [edge] = status.publish;
    const counters = { [outcome]: 2 };
    const asked = { detail: undefined, secondsAgo: 3, offsetMs: 1.5, beyondMs: 0, checks: 2, violations: 0, counters };
    const publish = [{ ...edge!, samples: 1, check: { outcome, ...asked } }];
    const page = statusText({ ...status, publish }).split('\n');
    expect(page).toContain('publish        https://e.example: unreachable, 1 sample, none taken so far');
    const before = statusText({ ...status, publish: [{ ...publish[0]!, takenSecondsAgo: 2_400 }] });
    expect(before).toContain('unreachable, 1 sample, last taken 40 min ago\n');
    const well = statusText({ ...status, publish: [{ ...publish[0]!, outcome: 'ok', failuresInARow: 0 }] });
    expect(well).toContain('publish        https://e.example: ok, 1 sample\n');
    expect(page).toContain(`check          https://e.example: ${text}`);
  });

  it('says of each source why it is or is not selected', async () => {
    const { core, now } = await makeLife();
    const sources = sourcesOf(core, now);
    expect(sources.map(({ id, state }) => [id, state])).toEqual([
      ['good:123', 'selected'],
      ['fine:123', 'selected'],
      ['liar:123', 'falseticker'],
      ['silent:123', 'unreachable'],
    ]);
    const liar = sources[2]!;
    expect('offsetMs' in liar && liar.offsetMs).toBeCloseTo(3_600_000, -2);
    expect(liar.reason).toMatch(/does not touch/);
  });

  it('says how far off the host is, and how long the way to a source', async () => {
    const far = { there: milliseconds(20), back: milliseconds(30), noise: () => nanos(0) };
    const servers = { near: makeServer(), far: makeServer(far) };
    const world = await makeWorld({ seed: 1, servers, wallOffset: milliseconds(5) });
    await world.pass(seconds(20));
    const [core, now] = [world.gateway().core(), world.ports.mono()];
    const { clock } = statusOf(core, undefined, now, { host: takeLookWithin(world.ports) });
    expect(Math.abs(clock!.hostOffsetMs! - 5)).toBeLessThan(clock!.uncertaintyMs);
    expect(clock!.hostApartMs).toBe(0); // in virtual time
    const host = { ...clock!, hostOffsetMs: 5 };
    const page = statusText({ ...statusOf(core, undefined, now), clock: host });
    expect(page).toContain('\nhost clock     5 ms fast\n');
    expect(sourcesOf(core, now)).toMatchObject([{ delayMs: expect.any(Number) }, { delayMs: expect.closeTo(50, 1) }]);
  });

  it('is readable in a terminal', async () => {
    const { core, now } = await makeLife();
    const status = statusText(statusOf(core, NOTHING_SERVED, now));
    expect(status).toMatch(/^gateway {8}gw-sim, epoch 1, up 60 s\nsynchronized {3}yes\n/);
    expect(status).toMatch(
      /^sources {8}2 selected, 1 falseticker, 1 unreachable\ntime .* \(-\S+ ms, \+\S+ ms\), best guess ± \d+ µs \(1 σ\)\n/m,
    );
    expect(status).toMatch(/\nerror budget {3}root distance .*\njumps {10}none\nserved/);
    const lines = sourcesText(sourcesOf(core, now)).split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[3]).toMatch(/^liar:123 +falseticker +1 +64 s +\d+ +\d+ s +\+60 min +± [\d.]+ [mµ]s +its interval/);
    const widest = Math.max(...lines.map(({ length }) => length));
    expect(sourcesText(sourcesOf(core, now), widest).split('\n')).toEqual(lines);
    const narrow = sourcesText(sourcesOf(core, now), widest - 1).split('\n');
    expect(narrow).toHaveLength(10);
    expect(narrow.slice(0, 2)).toEqual([
      'source  state: why',
      expect.stringMatching(/^ +stratum +poll +reach +last +offset +bound +authentic by$/),
    ]);
    expect(narrow[6]).toMatch(/^liar:123 {2}falseticker: its interval does not touch /);
    expect(narrow[7]).toMatch(/^ +1 +64 s +\d+ +\d+ s +\+60 min +± [\d.]+ [mµ]s$/);
  });

  it('names what is wrong on this machine, in lines of their own', async () => {
    const { core, now } = await makeLife();
    const stateDir = { faults: { '/x/epoch': 'cannot write' }, failures: 3, damaged: { '/x/edges': 'was damaged' } };
    const status = statusOf(core, SERVED, now, {
      stateDir,
      fileFaults: { '/x/gateway.key': 'no other key is taken up' },
      threads: { failures: { server: 2 }, failing: 1 },
      configuration: { loadedSecondsAgo: 9, fault: 'f.toml:1: not TOML', needsRestart: ['server.listen'] },
    });
    expect(status.state).toMatchObject({ writable: false, ...stateDir });
    const lines = statusText(status).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'configuration  loaded 9 s ago; the file is not taken: f.toml:1: not TOML; needs a restart: server.listen',
        'state          cannot write',
        'state          was damaged',
        'file           no other key is taken up',
        'threads        failed: server 2; 1 still do, or did within a minute',
      ]),
    );
  });

  it('says how sources authenticate themselves, and what was wrong with their keys', async () => {
    const world = await makeWorld({
      seed: 1,
      servers: { nts: makeServer(), keyed: makeServer(), plain: makeServer() },
      sources: { nts: { nts: { port: 4460 } }, keyed: { key: 7 } },
      config: { requireNts: true },
    });
    await world.pass(seconds(20));
    const [core, now] = [world.gateway().core(), world.ports.mono()];
    expect(sourcesOf(core, now)).toMatchObject([
      { state: 'unreachable', authentication: { by: 'nts', cookies: 0, exchange: { fault: 'unreachable' } } },
      {
        state: 'unreachable',
        authentication: { by: 'key', key: 7 },
        counters: { unauthenticated: expect.any(Number) },
      },
      { state: 'unauthenticated', authentication: { by: 'none' } },
    ]);
    const table = sourcesText(sourcesOf(core, now));
    expect(table).toMatch(/^nts:123 .* nts, 0 cookies .* its last key exchange: unreachable; so far: key-exchange 2$/m);
    expect(table).toMatch(/^keyed:123 .* key 7 .*; so far: sent \d+, unauthenticated \d+/m);
    const words = { keyExchanges: { exchanged: 2 }, roughtime: { received: 4, answered: 3 }, pulls: { answered: 9 } };
    expect(statusText(statusOf(core, undefined, now, words))).toMatch(
      /^nts {12}nts:123: 0 cookies; key exchange \d+ s ago; unreachable\nkey exchanges {2}exchanged 2\nroughtime {6}received 4, answered 3\npulls {10}answered 9/m,
    );
    expect(world.logged).toContain('source nts:123: key exchange failed: unreachable');
  });

  it('is honest before anything is known, about a name that does not resolve too', async () => {
    const config = {
      sources: [{ ...EVERY, name: 'nowhere.example', host: 'nowhere.example' }],
    };
    const world = await makeWorld({ seed: 1, servers: {}, config, wallOffset: milliseconds(5) });
    await world.pass(seconds(20));
    const [core, now] = [world.gateway().core(), world.ports.mono()];
    const status = statusOf(core, NOTHING_SERVED, now);
    expect(status).toMatchObject({ synchronized: false, clock: undefined });
    expect(statusText(status)).toContain('synchronized   no: no source tells the time\n');
    expect(sourcesText(sourcesOf(core, now))).toContain('nowhere.example:123  unresolved');
  });

  it('says why it is not synchronized', async () => {
    const { core, now } = await makeLife();
    const status = statusOf(core, SERVED, now);
    const clock = status.clock!;
    const why = (change: object): string | undefined =>
      /^synchronized {3}no: (.*)$/m.exec(statusText({ ...status, synchronized: false, ...change } as Status))?.[1];
    expect([
      why({ clock: { ...clock, uncertaintyMs: 1_600 } }),
      why({ clock: { ...clock, sourcesSelected: 0 } }),
      why({ clock }),
      why({ clock: undefined, sourceStates: { 'no-majority': 2 } }),
      why({ clock: undefined, sourceStates: { waiting: 1, unreachable: 1 } }),
      why({ clock: undefined, sourceStates: { unreachable: 2 } }),
    ]).toEqual([
      'its bound is wider than 1.5 s',
      "no source tells the time, and this is the host's own clock",
      'whom it follows tells its own clock, as nobody tells it the time',
      'no majority of the sources agrees',
      'its sources have not all answered yet',
      'no source tells the time',
    ]);
  });

  it('says of a name that it stands for a server that is asked already', async () => {
    const named = (host: string) => ({ ...EVERY, name: host, host });
    const world = await makeWorld({
      seed: 1,
      servers: { a: makeServer() },
      names: { 'time.example': 'a', 'clock.example': 'a' },
      config: { sources: [named('time.example'), named('clock.example')] },
    });
    await world.pass(seconds(20));
    expect(sourcesOf(world.gateway().core(), world.ports.mono())).toMatchObject([
      { id: 'time.example:123 (a)', state: 'selected' },
      { id: 'clock.example:123', address: null, state: 'duplicate', reason: expect.stringMatching(/asked already/) },
    ]);
  });
});
