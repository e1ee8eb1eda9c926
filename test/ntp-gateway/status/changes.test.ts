import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { after, seconds } from '#contract/time.ts';
import type { Change, ChangeEvent } from '../../../ntp-gateway/change.ts';
import { makeServer, type SimulatedServer } from '../../simulation/server.ts';
import { makeWorld, START } from '../../simulation/world.ts';
import { ROOT } from '../../support/root.ts';

const HOUR = 3_600;
const POLLS = { minPoll: 6, maxPoll: 10, burst: false, interleaved: false };
const POOL = { kind: 'pool' as const, port: 123, maxSources: 1, ...POLLS };
const A = { name: 'a', host: 'a', port: 123, kind: 'address' as const, maxSources: 1, ...POLLS };
const isUpBut = (from: number, to: number) => (now: bigint) =>
  now < after(START, seconds(from)) || now > after(START, seconds(to));

const live = async (servers: Readonly<Record<string, SimulatedServer>>, hours: number, options: object = {}) => {
  const said: Change[] = [];
  const world = await makeWorld({
    seed: 1,
    servers,
    around: (ports) => ({ ...ports, log: (change) => said.push(change) }),
    ...options,
  });
  await world.pass(seconds(hours * HOUR));
  return { world, said };
};

const SYNCHRONIZED = { event: 'synchronization', level: 'info', state: 'synchronized', epoch: 1, msg: 'synchronized' };

it('say one line where nothing changes, however many packets come and go', async () => {
  const { said, world } = await live({ a: makeServer(), b: makeServer(), c: makeServer() }, 3);
  expect(world.gateway().core().sources.get('a:123')!.association.counters.measured).toBeGreaterThan(20);
  expect(said).toEqual([SYNCHRONIZED]);
});

it('name a source that lies, and one that nobody hears', async () => {
  const liar = makeServer({ error: () => seconds(HOUR) });
  const { said } = await live({ a: makeServer(), b: makeServer(), liar, mute: makeServer({ isUp: () => false }) }, 1);
  expect(said).toEqual([
    expect.objectContaining({ event: 'source-reach', level: 'warn', source: 'mute:123', reachable: false }),
    expect.objectContaining({ event: 'source-verdict', level: 'warn', source: 'liar:123', verdict: 'falseticker' }),
    SYNCHRONIZED,
  ]);
});

it('name a name that gives no address, and say when it does', async () => {
  const names = { 'time.example': (now: bigint) => (now < after(START, seconds(600)) ? [] : ['a']) };
  const config = { sources: [{ ...POOL, name: 'time.example', host: 'time.example' }] };
  const { said } = await live({ a: makeServer() }, 1, { names, config });
  expect(said).toEqual([
    {
      event: 'source-name',
      level: 'warn',
      source: 'time.example:123',
      resolved: false,
      msg: 'source time.example:123: unresolved (its name gives no address so far; asked again within 64 s)',
    },
    {
      event: 'source-name',
      source: 'time.example:123',
      resolved: true,
      msg: 'source time.example:123: its name has an address',
    },
    SYNCHRONIZED,
  ]);
});

it('say nothing of a name that a reload brings, before DNS and then its server have had time to answer', async () => {
  const said: Change[] = [];
  const answer = Promise.withResolvers<void>();
  const world = await makeWorld({
    seed: 1,
    servers: { a: makeServer(), b: makeServer() },
    around: (ports) => ({
      ...ports,
      log: (change) => said.push(change),
      resolve: (name) => (name === 'a' ? ports.resolve(name) : answer.promise.then(() => ports.resolve('b'))),
    }),
    config: { sources: [A] },
  });
  await world.pass(seconds(HOUR));
  await world.reconfigure({ sources: [A, { ...POOL, name: 'time.example', host: 'time.example' }] });
  await world.pass(seconds(64));
  answer.resolve();
  await world.pass(seconds(64));
  expect([...world.gateway().core().sources.keys()]).toEqual(['a:123', 'time.example:123 (b)']);
  expect(said).toEqual([SYNCHRONIZED]);
});

it('say by how much a clock of the host jumped, and what that means', async () => {
  const { world, said } = await live({ a: makeServer() }, 1);
  world.stepWall(seconds(-100));
  await world.pass(seconds(1));
  await world.suspend(seconds(HOUR));
  await world.pass(seconds(1));
  const jump = { event: 'jump', reason: 'slept', seconds: HOUR, epoch: 2 };
  expect(said.slice(1)).toEqual([
    { event: 'jump', reason: 'wall-set', seconds: -100, epoch: 1, msg: 'the wall clock was set by -100 s' },
    { ...jump, level: 'warn', msg: 'the host slept for 3600 s: starting over in a new epoch' },
    { event: 'synchronization', level: 'warn', state: 'unsynchronized', epoch: 2, msg: 'not synchronized' },
    { ...SYNCHRONIZED, epoch: 2 },
  ]);
});

it('say it when the last source falls silent, when too much is in doubt, and when all is well again', async () => {
  const { said } = await live({ a: makeServer({ isUp: isUpBut(600, 2 * HOUR) }) }, 4);
  const silent = 'source a:123: unreachable (no valid reply to the last eight polls)';
  expect(said.map(({ level = 'info', msg }) => `${level}: ${msg}`)).toEqual([
    'info: synchronized',
    `warn: ${silent}`,
    'info: source a:123: answers again',
  ]);
  expect(said.slice(1)).toMatchObject([
    { event: 'source-reach', source: 'a:123', reachable: false },
    { event: 'source-reach', source: 'a:123', reachable: true },
  ]);
});

it('say it when so much is in doubt that no time is told', async () => {
  const { said } = await live({ a: makeServer({ isUp: isUpBut(1, 2 * HOUR) }) }, 4); // its rate was never measured
  expect(said.map(({ level = 'info', msg }) => `${level}: ${msg}`)).toEqual([
    'info: synchronized',
    'warn: source a:123: unreachable (no valid reply to the last eight polls)',
    'warn: not synchronized',
    'warn: source a:123: too-distant (root distance over 1.5 s)',
    'info: source a:123: answers again',
    'info: source a:123: selected (agrees with the majority)',
    'info: synchronized',
  ]);
});

/** All of them, says the compiler. */
const EVENTS: Record<ChangeEvent, true> = {
  started: true,
  stopped: true,
  reload: true,
  'page-for-all': true,
  synchronization: true,
  jump: true,
  'source-name': true,
  'source-reach': true,
  'source-verdict': true,
  'source-keys': true,
  'source-refused': true,
  'source-left': true,
  publish: true,
  'system-clock': true,
  'system-clock-step': true,
  'edge-check': true,
  'leap-file': true,
  'leap-not-believed': true,
  certificate: true,
  'certificate-out-of-date': true,
  'weak-key': true,
  key: true,
  'thread-failed': true,
  'thread-well': true,
  'one-thread': true,
  'file-damaged': true,
  'state-dir': true,
  'recording-ended': true,
  'measurement-log': true,
  'service-manager': true,
};

it('stand in the table of docs/gateway.md, each with what to do', () => {
  const [, section = ''] = readFileSync(join(ROOT, 'docs/gateway.md'), 'utf8').split('\n## The log\n');
  const [table = ''] = section.split(/\n##+ /);
  const named = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    cell.replaceAll('`', '').split(' · '),
  );
  expect(named.filter((name) => name !== 'event').sort()).toEqual(Object.keys(EVENTS).sort());
});
