/** A leap second that gateways announced: the edge's own clock goes through it before they can say what came of it. */

import { expect, it } from 'vitest';
import { refuse } from '#contract/result.ts';
import { after, milliseconds, unixMillis } from '#contract/time.ts';
import { readSettings } from '../../worker/env.ts';
import { createIsolate } from '../../worker/isolate.ts';
import type { Keeper, Knowledge } from '../../worker/keeper.ts';
import type { Kept } from '../../worker/kept.ts';
import type { KnownKeys } from '../../worker/keyring.ts';
import { readingAt } from '../../worker/statement.ts';
import { distinctKeys } from '../support/distinct-keys.ts';
import { createMemoryCache } from '../support/memory-cache.ts';
import { keptOf } from './kept.ts';

const MIDNIGHT = Date.parse('2027-01-01T00:00:00Z');

const keptAt = (unixMs: number, over: Partial<Kept> = {}, halfMs = 2): Kept => {
  const utc = unixMillis(unixMs);
  const bound = {
    readings: [readingAt('i', unixMs, false), readingAt('o', unixMs, true)],
    estimate: utc,
    own: { below: milliseconds(halfMs), above: milliseconds(halfMs) },
  };
  const [earliest, latest] = [after(utc, milliseconds(-halfMs)), after(utc, milliseconds(halfMs))];
  return keptOf({
    gateway: 'gw-1',
    leap: 'insert',
    taiOffsetSeconds: null,
    receivedUnixMs: unixMs,
    newest: { ...bound, earliest, latest: after(utc, milliseconds(1e12)) },
    bounds: [{ ...bound, earliest, latest }],
    ...over,
  });
};

const TOLD = MIDNIGHT - 5_000;

/** What an isolate says `seconds` after the midnight of the leap, told of time five seconds before it. */
const answerAt = async (seconds: number, gateways: readonly Kept[] = [keptAt(TOLD)]) => {
  const settings = readSettings({
    GATEWAY_KEYS: distinctKeys(gateways.map(({ gateway }) => gateway)),
    MAX_UNCERTAINTY_MS: 2_000,
    EDGE_SPREAD_MS: 0,
    OBJECT_LAG_MS: 0,
  });
  const edge: KnownKeys = { keys: [], secrets: new Map(), refusals: {} };
  const keeper = {
    knowledge: async (): Promise<Knowledge> => ({
      object: 'o',
      objectUnixMs: MIDNIGHT + seconds * 1_000,
      exchanges: [],
      gatewayKeys: settings.gatewayKeys,
      chains: {},
      gateways,
      suspicions: new Map(),
      edge,
      cacheSecret: new Uint8Array(32),
    }),
  };
  const isolate = createIsolate(
    'i',
    settings,
    () => MIDNIGHT + seconds * 1_000,
    async () => refuse('unreachable'),
  );
  const answer = await isolate.time({
    keeper: () => keeper as unknown as Keeper,
    cache: () => createMemoryCache().cache,
    background: () => {},
  });
  if (!answer.ok) throw new Error(answer.detail);
  const { earliest, latest, leap, taiOffsetSeconds } = answer.value;
  const here = unixMillis(MIDNIGHT + seconds * 1_000);
  return { early: Number(here - earliest) / 1e6, late: Number(latest - here) / 1e6, leap, taiOffsetSeconds };
};

it.each([
  { seconds: -3, least: 0, most: 10 },
  { seconds: -1, least: 1_000, most: 1_010 },
  { seconds: 20, least: 1_000, most: 1_010 },
])('$seconds s after it, true time may be so much earlier: $least ms', async ({ seconds, least, most }) => {
  const { early, late } = await answerAt(seconds);
  expect(early).toBeGreaterThan(least);
  expect(early).toBeLessThan(most);
  expect(late).toBeLessThan(10);
});

it('a gateway that denies it, however tight its word, makes nobody else deny it', async () => {
  const liar = keptAt(TOLD, { gateway: 'gw-3', leap: 'none', taiOffsetSeconds: 7 }, 1);
  const honest = ['gw-1', 'gw-2'].map((gateway) => keptAt(TOLD, { gateway, taiOffsetSeconds: 37 }));
  const { early, late, ...said } = await answerAt(20, [...honest, liar]);
  expect(early).toBeGreaterThan(1_000);
  expect(late).toBeLessThan(10);
  expect(said).toEqual({ leap: 'insert', taiOffsetSeconds: 37 });
});

it('a gateway that announces one alone widens nothing', async () => {
  const liar = keptAt(TOLD, { gateway: 'gw-3' }, 1);
  const honest = ['gw-1', 'gw-2'].map((gateway) => keptAt(TOLD, { gateway, leap: 'none' }));
  const { early, leap } = await answerAt(20, [...honest, liar]);
  expect(early).toBeLessThan(10);
  expect(leap).toBe('none');
});
