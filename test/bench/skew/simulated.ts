/** In virtual time, over paths whose delays are drawn: nothing else than the three of them differs. */
import { openClock } from '../../../client/clock.ts';
import { virtualDevice } from '../../client/virtual-device.ts';
import { type Dice, randomFrom } from '../../support/dice.ts';
import { type Figure, median } from '../figures.ts';
import { figuresOf, type Said, type Trial } from './figures.ts';
import { createTimesync, TIMESYNC_REQUESTS } from './timesync.ts';

type Path = { readonly there: (dice: Dice) => number; readonly back: (dice: Dice) => number };

/** ms. */
const PATHS: Readonly<Record<string, Path>> = {
  'simulated home': { there: (dice) => 8 + 5 * dice.exponential(), back: (dice) => 8 + 5 * dice.exponential() },
  'simulated mobile': { there: (dice) => 35 + 30 * dice.exponential(), back: (dice) => 25 + 15 * dice.exponential() },
  'simulated busy': {
    there: (dice) => 20 + 10 / Math.max(dice.fraction(), 0.01),
    back: (dice) => 20 + 10 / Math.max(dice.fraction(), 0.01),
  },
};

/** Messages over a WebSocket, which is one request. */
const LIGHT = 16;
const TRIALS = 500;
/** Of a clock that goes on asking: of an hour, the second half. */
const LONG_TRIALS = 10;
const HALF_AN_HOUR = 1_800_000;
const SLOW_MS = 250_000;
/** Of the device's monotonic clock. */
const DRIFT = 20e-6;
const START = Date.UTC(2026, 10, 30);
/** An edge reads a clock with steps of 1 ms, and is sure of it to 2 ms more. */
const tell = (now: number) => {
  const read = Math.floor(now);
  return { earliest: read - 2, time: read + 0.5, latest: read + 3 };
};

export const benchSimulated = async (): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const [name, path] of Object.entries(PATHS)) {
    const trials: Trial[] = [];
    const light: Trial[] = [];
    for (let seed = 1; seed <= TRIALS; seed++) {
      const dice = (who: string) => randomFrom(seed, `${name} ${who}`);
      const [timesync, date] = [await askTimesync(path, dice('timesync')), askDate(path, dice('date'))];
      trials.push({ ours: await askOurs(path, dice('ours'), TIMESYNC_REQUESTS), timesync, date });
      light.push({ ours: await askOurs(path, dice('light'), LIGHT), timesync, date });
    }
    figures.push(...figuresOf(name, trials), ...figuresOf(`${name}, one WebSocket`, light));
    const errors: number[] = [];
    for (let seed = 1; seed <= LONG_TRIALS; seed++) errors.push(...(await keepAsking(path, randomFrom(seed, name))));
    figures.push({ name: `${name}, within the hour: |error|, median`, unit: 'ms', ours: median(errors) });
  }
  return figures;
};

const deviceOn = (path: Path, dice: Dice, isLight: boolean) =>
  virtualDevice(dice, { drift: DRIFT, blur: 0.1, slow: SLOW_MS, tell, isLight, ...path });

const askOurs = async (path: Path, dice: Dice, exchanges: number): Promise<Trial['ours']> => {
  const isLight = exchanges === LIGHT;
  const device = deviceOn(path, dice, isLight);
  const clock = openClock(device.world);
  let answers = 0;
  clock.onChange(() => void answers++);
  while (answers < exchanges) await device.run(1);
  const { earliest, offset, latest } = clock.skew!;
  clock.close();
  const holds = earliest <= SLOW_MS && SLOW_MS <= latest;
  return { error: Math.abs(offset - SLOW_MS), requests: isLight ? 1 : device.asked(), holds, width: latest - earliest };
};

/** Over WebSockets. @returns |error| in ms, a number of times. */
const keepAsking = async (path: Path, dice: Dice): Promise<readonly number[]> => {
  const device = deviceOn(path, dice, true);
  const clock = openClock(device.world);
  const errors: number[] = [];
  await device.run(HALF_AN_HOUR);
  while (errors.length < 40) {
    await device.run(HALF_AN_HOUR / 40);
    errors.push(Math.abs(clock.now().time - device.now()));
  }
  clock.close();
  return errors;
};

const askTimesync = async ({ there, back }: Path, dice: Dice): Promise<Said> => {
  let now = START + 1_000 * dice.fraction();
  let requests = 0;
  const local = (): number => Math.floor(now - SLOW_MS);
  const timesync = createTimesync({ server: 'edge', interval: null, delay: 0, now: local });
  timesync.send = async (to, { id }) => {
    requests++;
    now += there(dice);
    const result = tell(now).time;
    now += back(dice);
    timesync.receive(to, { id, result });
    setTimeout(() => {
      now += 1_000; // its own delay, for which nobody has to wait here
    });
  };
  await timesync.sync();
  timesync.destroy();
  return { error: Math.abs(timesync.offset - SLOW_MS), requests };
};

/** Once, by the second that has begun at the edge as it answers. */
const askDate = ({ there, back }: Path, dice: Dice): Said => {
  const asked = START + 1_000 * dice.fraction();
  const answered = asked + there(dice);
  const date = Math.floor(answered / 1_000) * 1_000;
  const read = Math.floor(answered + back(dice) - SLOW_MS);
  return { error: Math.abs(date - read - SLOW_MS), requests: 1 };
};
