/** What the page says, as text, of a gateway in the simulation. */
import { describe, expect, it } from 'vitest';
import { milliseconds, seconds } from '#contract/time.ts';
import { takeLookWithin } from '../../../../ntp-gateway/discipline/jump.ts';
import type { Clients } from '../../../../ntp-gateway/status/clients.ts';
import { budgetView } from '../../../../ntp-gateway/status/page/budget.ts';
import { coloursFor } from '../../../../ntp-gateway/status/page/colours.ts';
import { factsOf } from '../../../../ntp-gateway/status/page/facts.ts';
import { reachView, sourcesView } from '../../../../ntp-gateway/status/page/source-rows.ts';
import { clientsView, edgesView, servedView } from '../../../../ntp-gateway/status/page/tables.ts';
import { verdictOf } from '../../../../ntp-gateway/status/page/verdict.ts';
import { type Tag, textOf, type View } from '../../../../ntp-gateway/status/page/view.ts';
import { worriesOf } from '../../../../ntp-gateway/status/page/worries.ts';
import { type Sources, sourcesOf } from '../../../../ntp-gateway/status/sources.ts';
import { type Status, statusOf } from '../../../../ntp-gateway/status/status.ts';
import { makeServer, type SimulatedServer } from '../../../simulation/server.ts';
import { makeWorld } from '../../../simulation/world.ts';

const silent = makeServer({ isUp: () => false });
const liar = makeServer({ error: () => seconds(3_600) });
const COUNTERS = { served: 12_345, interleaved: 5, authenticated: 3, kissed: 1, dropped: { mode: 2, 'too-short': 30 } };

type Seen = { readonly status: Status; readonly sources: Sources };
const makeLife = async (
  servers: Record<string, SimulatedServer>,
  { config = {}, length = 60.5 }: { readonly config?: object; readonly length?: number } = {},
): Promise<Seen> => {
  const world = await makeWorld({ seed: 1, servers, config, wallOffset: milliseconds(5) });
  await world.pass(seconds(length));
  const [core, now] = [world.gateway().core(), world.ports.mono()];
  // As it comes to the page.
  return JSON.parse(
    JSON.stringify({
      status: statusOf(core, COUNTERS, now, { host: takeLookWithin(world.ports) }),
      sources: sourcesOf(core, now),
    }),
  ) as Seen;
};

const say = (views: readonly View[]): string => views.map(textOf).join('|').replaceAll('\u00a0', ' ');
/** Its rows, cell by cell. */
const rowsOf = (one: View): readonly (readonly string[])[] =>
  typeof one === 'string'
    ? []
    : one.tag === 'tr'
      ? [one.children.map((cell) => say([cell]))]
      : one.children.flatMap(rowsOf);
const find = (one: View, tag: string): readonly Tag[] =>
  typeof one === 'string'
    ? []
    : [...(one.tag === tag ? [one] : []), ...one.children.flatMap((child) => find(child, tag))];

describe('the verdict', () => {
  const judge = async (...life: Parameters<typeof makeLife>) => {
    const { status, sources } = await makeLife(...life);
    const { mark, headline, why } = verdictOf(status, sources);
    return [mark, say([headline]), say([why])];
  };

  it.each([
    {
      name: 'a majority agrees',
      servers: { good: makeServer(), fine: makeServer(), liar, silent },
      mark: 'good',
      headline: /^Time is good, to within \d+(\.\d+)? ms$/,
      why: /^2 of 4 sources agree; outvoted: liar:123\. This host’s own clock is [45](\.\d+)? ms fast\.$/,
    },
    {
      name: 'one source alone',
      servers: { good: makeServer() },
      mark: 'good',
      headline: /^Time is good/,
      why: /^1 of 1 source agrees\./,
    },
    {
      name: 'nobody answers',
      servers: { silent },
      mark: 'bad',
      headline: /^Not known: no source tells the time$/,
      why: /^Nothing is told until that changes\. Sources: 1 (unreachable|waiting)\.$/,
    },
    {
      name: 'nobody answers so far',
      servers: { silent },
      length: 3,
      mark: 'open',
      headline: /^Not known yet$/,
      why: /^The gateway has just started\. Sources: 1 waiting\.$/,
    },
    {
      name: 'two contradict each other',
      servers: { good: makeServer(), liar },
      mark: 'bad',
      headline: /^Not known: the sources contradict each other$/,
      why: /Sources: 2 no-majority\.$/,
    },
    {
      name: 'the host stands in',
      servers: { silent },
      config: {
        local: { stratum: 10, uncertainty: seconds(1), orphan: false },
        fallback: { stratum: 10, uncertainty: seconds(1) },
      },
      mark: 'bad',
      headline: /^Not synchronized: this is the host’s own clock$/,
      why: /^No source tells the time, and what is told is marked so\. Sources: 1 unreachable\.$/,
    },
  ])('$name: $mark', async ({ servers, config = {}, length = 60.5, mark, headline, why }) => {
    const said = await judge(servers as Record<string, SimulatedServer>, { config, length });
    expect(said).toEqual([mark, expect.stringMatching(headline), expect.stringMatching(why)]);
  });

  it('is that nothing is served where the bound is too wide, though sources agree', async () => {
    const { status, sources } = await makeLife({ good: makeServer() });
    const clock = { ...status.clock!, uncertaintyMs: 2_345.6 };
    const { headline } = verdictOf({ ...status, synchronized: false, clock }, sources);
    expect(say([headline])).toBe('Not served: the time is known to within 2.35 s alone');
  });
});

describe('the tables', () => {
  it('say of each source what it tells, and why it counts or does not', async () => {
    const { sources } = await makeLife({ good: makeServer(), liar, fine: makeServer(), silent });
    const colours = coloursFor(new Map(), sources);
    const [head, good, lies, , nobody] = rowsOf(sourcesView(sources, colours));
    expect(head).toEqual([
      'Source',
      'Offset',
      'Bound',
      'Delay',
      'Stratum',
      'Poll',
      'Reach',
      'Last heard',
      'Authentic by',
    ]);
    expect(good).toEqual([
      'good:123✓selected: agrees with the majority',
      expect.stringMatching(/^[+−][\d.]+ (µs|ms)$/),
      expect.stringMatching(/^±[\d.]+ ms$/),
      expect.stringMatching(/^10(\.\d+)? ms$/),
      '1',
      '64 s',
      expect.stringMatching(/^\d of the last 8 polls answered$/),
      expect.stringMatching(/^\d+ s ago$/),
      'nothing',
    ]);
    expect(lies!.slice(0, 2)).toEqual([expect.stringMatching(/^liar:123✕falseticker: its interval/), '+60 min']);
    expect(nobody).toEqual([
      expect.stringMatching(/^silent:123✕unreachable: no valid reply to the last eight polls; so far: sent \d+/),
      ...['', '', '', '', '128 s', '0 of the last 8 polls answered', 'never', 'nothing'],
    ]);
  });

  it.each([
    ['000', '        ', 0],
    ['377', '********', 8],
    ['001', '       *', 1],
    ['252', '* * * * ', 4],
  ])('show a reach of %s as "%s"', (octal, dots, answered) => {
    const spans = find(reachView(octal), 'span').slice(1, 9);
    expect(spans.map(({ attributes }) => (attributes.class === 'dot hit' ? '*' : ' ')).join('')).toBe(dots);
    expect(textOf(reachView(octal))).toBe(`${answered} of the last 8 polls answered`);
  });

  it('name edges, what came of the last sample, and when one was taken', () => {
    const edge = { url: 'https://e.example', outcome: 'ok', outcomeSecondsAgo: 4, taken: 0, counters: {} };
    const edges = [
      {
        ...edge,
        taken: 1_234,
        takenSecondsAgo: 4,
        edgeUncertaintyMs: 1.25,
        check: { outcome: 'agreed', secondsAgo: 50, violations: 0 },
      },
      {
        ...edge,
        outcome: '<b>no</b>',
        counters: { 'status-401': 7 },
        check: { outcome: 'violation', secondsAgo: 9, violations: 3 },
      },
      { ...edge, outcome: 'waiting' },
    ];
    const views = edgesView(edges as unknown as Status['publish']);
    expect(rowsOf(views[0]!).slice(1)).toEqual([
      ['https://e.example', '✓ok4 s ago', '4 s ago', '1,234', '±1.25 ms', '✓agreed50 s ago', '0', ''],
      ['https://e.example', '✕<b>no</b>4 s ago', 'never', '0', '', '✕violation9 s ago', '3', 'status-401 7'],
      ['https://e.example', '–waiting4 s ago', 'never', '0', '', '', '', ''],
    ]);
    expect(say(edgesView([]))).toBe('No [[publish]] in the configuration.');
  });

  it('count what was served, and what was dropped and why', async () => {
    const { status } = await makeLife({ good: makeServer() });
    const served = servedView(
      { ...status, keyExchanges: { exchanged: 2, tls: 1 }, roughtime: {} },
      new Map([['mode', 0.25]]),
    );
    expect(say(served)).toContain('12,345 replies, 5 of them interleaved, 3 authenticated; 1 told to slow down.');
    expect(served.flatMap(rowsOf)).toEqual([
      ['Dropped', 'Times', 'Now'],
      ['too-short', '30', ''],
      ['mode', '2', '0.25 /s'],
    ]);
    expect(say(served)).toContain('Key exchanges exchanged 2, tls 1|Roughtime none so far');
    expect(say(servedView({ ...status, server: undefined }, new Map()))).toMatch(/^No \[server\] listen/);
  });

  it('show the ten busiest clients', () => {
    const client = {
      ...{ requests: 1_000, replies: 900, drops: 100, intervalSeconds: 0.5, lastAskedSeconds: 3 },
      ...{ version: 4, mode: 3, interleaved: true },
    };
    const busiest = Array.from({ length: 12 }, (_, i) => ({ ...client, client: `192.0.2.${i}` }));
    const [table, ...rest] = clientsView({ known: 40_000, busiest } satisfies Clients);
    expect(rowsOf(table!)).toHaveLength(11);
    expect(rowsOf(table!)[1]).toEqual(['192.0.2.0', '1,000', '900', '100', '500 ms', '3 s ago', 'NTPv4, interleaved']);
    expect(say(rest)).toBe('The 10 busiest of 40,000.');
    expect(say(clientsView({ known: 0, busiest: [] }))).toBe('Nobody has asked so far.');
  });
});

describe('the facts', () => {
  it('say what the clock rests on', async () => {
    const { status, sources } = await makeLife({ good: makeServer() });
    const facts = new Map(factsOf(status, sources).map(([name, ...more]) => [name, more]));
    expect(facts.get('Stratum')).toEqual(['2', expect.stringMatching(/^(by|reference id) /)]);
    expect(facts.get('Leap second')).toEqual(['none announced', 'by the sources']);
    expect(facts.get('TAI − UTC')).toEqual(['not known']);
    expect(facts.get('Epoch')).toEqual(['1', 'no clock jumped']);
    const first = { ...status, clock: { ...status.clock!, stratum: 1, referenceId: '47505300' } };
    expect(factsOf(first, sources)).toContainEqual(['Stratum', '1', 'by GPS']);
    const address = sources[0]!.address;
    expect(address).toBe('good');
    const upstream = { ...status, clock: { ...status.clock!, stratum: 3, referenceId: 'c0000207' } };
    expect(factsOf(upstream, [{ ...sources[0]!, address: '192.0.2.7' } as Sources[number]])).toContainEqual([
      'Stratum',
      '3',
      'by 192.0.2.7',
    ]);
    expect(factsOf({ ...status, clock: undefined }, sources).map(([name]) => name)).toEqual(['Epoch']);
  });

  it('draw the parts of the width side by side, and what is ruled out over them', async () => {
    const { status } = await makeLife({ good: makeServer() });
    const budget = [
      { part: 'rootDistance', basis: 'stated', ms: 2 },
      { part: 'path', basis: 'measured', ms: 6 },
      { part: 'oscillator', basis: 'measured', ms: 0 },
      { part: 'agreement', basis: 'measured', ms: -2 },
    ] as const;
    const clock = { ...status.clock!, budget: [...budget], earlierMs: 3, laterMs: 3 };
    const [bar, table] = budgetView(clock);
    const rects = find(bar!, 'rect').filter(({ attributes }) => attributes.x !== undefined);
    expect(rects.map(({ attributes: { class: part, x, width } }) => [part, x, width])).toEqual([
      ['rootDistance', '0%', '25%'],
      ['path', '25%', '75%'],
      ['ruled-out', '75%', '25%'],
    ]);
    expect(rowsOf(table!).map((row) => row.slice(0, 2))).toEqual([
      ['Part', 'Length'],
      ['Root distance', '2 ms'],
      ['Path', '6 ms'],
      ['Agreement', '−2 ms'],
      ['Width', '6 ms'],
    ]);
  });
});

describe('what is to be seen to', () => {
  it('is nothing while all is well, also just after the start', async () => {
    const config = { publish: [{ origin: 'https://e.example', interval: seconds(16) }] };
    const { status } = await makeLife({ good: makeServer() }, { config, length: 1 });
    const [edge] = status.publish;
    const check = { outcome: 'agreed', secondsAgo: 5, checks: 9, violations: 1, counters: {} } as const;
    const good = { ...edge!, outcome: 'ok', taken: 9, takenSecondsAgo: 3, check };
    const hiccup = { ...good, outcome: 'unreachable', takenSecondsAgo: 20 };
    expect(worriesOf({ ...status, publish: [good, hiccup, { ...edge!, outcome: 'waiting' }] } as Status)).toEqual([]);
  });

  it('is each that an operator can do something about', async () => {
    const config = { publish: [{ origin: 'https://e.example', interval: seconds(16) }] };
    const { status } = await makeLife({ good: makeServer() }, { config });
    const check = { outcome: 'violation', secondsAgo: 5, checks: 9, violations: 1, beyondMs: 12.34, counters: {} };
    const [edge] = status.publish;
    const worries = worriesOf({
      ...status,
      publish: [edge!, { ...edge!, url: 'https://f.example', outcome: 'forked', takenSecondsAgo: 600, check }],
      systemClock: { discipline: 'slew', state: 'not-permitted', reason: 'EPERM' },
      state: {
        directory: '/x',
        writable: false,
        faults: { '/x/epoch': 'cannot write /x/epoch: no space' },
        failures: 1,
        damaged: { '/x/edges': 'was damaged, which is over' },
      },
      fileFaults: { '/x/gateway.key': 'no other key is taken up: it is damaged' },
      threads: { failures: { server: 3, pull: 1 }, failing: 2 },
      configuration: { loadedSecondsAgo: 9, fault: 'x.toml:3: bad', needsRestart: ['server.listen'] },
      leapFile: { path: '/leap', fault: undefined, expires: '2026-01-01T00:00:00Z', expired: true },
      certificateValidUntil: status.clock!.time,
    } as unknown as Status);
    expect(worries.map((worry) => say([worry]))).toEqual([
      'https://e.example has taken nothing so far: unreachable.',
      'https://f.example tells an interval that contradicts this gateway’s, by 12.4 ms.',
      'https://f.example has taken nothing for 600 s: forked.',
      'The host’s clock is not led: not-permitted (EPERM).',
      'cannot write /x/epoch: no space.',
      'no other key is taken up: it is damaged.',
      'The configuration has a fault, and what ran before goes on: x.toml:3: bad.',
      'Counts from the next start on: server.listen.',
      '/leap has expired.',
      `The certificate of [server.nts] is valid until ${status.clock!.time.slice(0, 10)} alone.`,
      '2 threads fail and are started again. So far: server 3, pull 1.',
    ]);
  });
});

it('a source keeps its colour for as long as it is asked, and there are eight, for the selected first', () => {
  const asked = (ids: string, state = 'waiting') => [...ids].map((id) => ({ id, state, reach: '377' }));
  const of = (...all: object[]) => all as unknown as Sources;
  const first = coloursFor(new Map(), of(...asked('abc'), { id: 'x', state: 'unresolved' }));
  expect([...first]).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]);
  expect([...coloursFor(first, of(...asked('cd')))]).toEqual([
    ['c', 2],
    ['d', 0],
  ]);
  const full = coloursFor(first, of(...asked('abcdefgh'), ...asked('ij', 'selected')));
  expect([...full.keys()].join('')).toBe('abcijdef');
});
