/**
 * A day of an edge with hundreds of locations and thousands of isolates. The isolates, the timekeeper and the gateways
 * are the real ones; clocks, delays, evictions and outages are made up, within what is assumed of them.
 */

import type { Nanos } from '#contract/time.ts';
import { readSettings } from '../../../worker/env.ts';
import { randomFrom } from '../../support/dice.ts';
import { distinctKeys } from '../../support/distinct-keys.ts';
import { START } from '../world.ts';
import { makeCopies } from './copies.ts';
import { makeCourse } from './course.ts';
import { startGatewayOfDay } from './gateways.ts';
import { makeMap } from './map.ts';
import { makeObject } from './object.ts';
import { makePlatform } from './platform.ts';
import { type Inhabitant, makePopulation } from './population.ts';
import { makePulls } from './pulls.ts';
import { type Report, tell } from './report.ts';
import { makeJudge } from './verdict.ts';

type DayOptions = {
  /** Under which figures are printed. */
  readonly name?: string;
  readonly seed: number;
  readonly hours: number;
  readonly locations: number;
  /** For so many isolates there is room; how many live at a time depends on how often they are asked. */
  readonly room: number;
  /** How many of them have a clock that breaks what is assumed. */
  readonly broken?: number;
  /** Each asks a few times, one request soon after the other. */
  readonly visitsPerSecond: number;
  /** Of the edge, as in wrangler.toml. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** How far the platform's clocks stand apart in truth. */
  readonly spreadMs?: number;
  /** Whether isolates ask a copy in their region. */
  readonly regional?: boolean;
  /** Whether isolates ask gateways themselves. */
  readonly pulls?: boolean;
  /** How far off the third gateway is. */
  readonly lie?: Nanos;
};

const IDS = ['gw-1', 'gw-2', 'gw-3'] as const;
/** How likely one request is followed by another. */
const AGAIN = 0.85;
const HOUR_MS = 3_600_000;

export const runDay = async (options: DayOptions) => {
  const { seed, hours, broken = 0, visitsPerSecond, variables = {}, spreadMs = 20, lie } = options;
  const settings = readSettings({
    GATEWAY_KEYS: distinctKeys(IDS),
    EDGE_SPREAD_MS: spreadMs,
    ...variables,
  });
  const course = makeCourse(START);
  const { timeline } = course;
  const map = makeMap(options.locations, randomFrom(seed, 'map'));
  const platform = makePlatform(spreadMs, settings.rules.drift, randomFrom(seed, 'clocks'));
  const object = makeObject(course, settings, map, platform, randomFrom(seed, 'object'));
  const farOff = Array.from({ length: broken }, (_, n) => map.locations[3 + 5 * n]!);
  const people = { room: options.room, broken: farOff, settings };
  const copies = randomFrom(seed, 'copies');
  const asked = options.regional ? makeCopies(course, settings, map, platform, object, copies) : object;
  const pulls = makePulls(course, map);
  const population = makePopulation(people, course, map, asked, platform, pulls, randomFrom(seed, 'isolates'));
  const lengthMs = hours * HOUR_MS;
  const judge = makeJudge(course, 60_000);

  const down = { from: lengthMs * 0.4, until: lengthMs * 0.4 + Math.min(HOUR_MS, lengthMs / 6) };
  // Of three, one may be missing or wrong.
  const fates = [{}, lie === undefined ? { down } : {}, lie === undefined ? {} : { lie }];
  for (const [n, id] of IDS.entries()) {
    const fate = { id, location: map.locations[7 * n]!, canBeAsked: options.pulls ?? false, ...fates[n] };
    await startGatewayOfDay(fate, lengthMs, seed, course, population, pulls);
  }

  const dice = randomFrom(seed, 'asks');
  const ask = (who: Inhabitant): void => {
    timeline.stir();
    void judge.ask(who);
    if (dice.fraction() < AGAIN) course.after(100 * dice.exponential(), () => ask(who));
  };
  const plan = (): void =>
    course.after((1_000 / visitsPerSecond) * dice.exponential(), () => {
      plan();
      ask(population.next());
    });
  plan();

  let alive = 0;
  const looks = Math.ceil(hours * 4);
  for (let look = 1; look <= looks; look++) {
    await timeline.advance(course.later(lengthMs / looks));
    alive += population.alive() / looks;
  }
  const { each, exchanges } = population.reckonedCalls(visitsPerSecond);
  const report: Report = {
    ...judge.report(),
    calls: object.calls,
    pulls: pulls.counts,
    reckoned: { most: each * hours * 3_600, least: exchanges * hours * 3_600 },
    moves: object.moves(),
    born: population.born(),
    cacheOutcomes: population.cacheOutcomes,
    alive,
  };
  if (options.name !== undefined) console.log(tell(options.name, report));
  return report;
};
