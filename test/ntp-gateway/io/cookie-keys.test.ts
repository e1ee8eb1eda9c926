import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { after, between, type MonoNanos, monoNanos, seconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import { openCookieKeys } from '../../../ntp-gateway/io/cookie-keys.ts';
import { openKeeping } from '../../../ntp-gateway/io/keeping.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const DAY = 86_400;
const START = unixNanos(1_790_000_000_000_000_000n);

/** A host whose clocks a test sets, and its dice: 1, 2, 3 … */
const makeHost = () => {
  let now = monoNanos(5_000n);
  let wall: UnixNanos = START;
  let rolled = 0;
  let due: { at: MonoNanos; fire: () => void } | undefined;
  return {
    wall: () => wall,
    mono: () => now,
    timer: (at: MonoNanos, fire: () => void) => {
      due = { at, fire };
      return () => {
        due = undefined;
      };
    },
    random: (size: number) => Buffer.alloc(size, ++rolled),
    setWall: (day: number) => {
      wall = after(START, seconds(day * DAY));
    },
    /** Lets time pass on both clocks. */
    wait: (length: number) => {
      const end = after(now, seconds(length));
      while (due && due.at <= end) {
        const { at, fire } = due;
        wall = after(wall, between(now, at));
        now = at;
        due = undefined;
        fire();
      }
      wall = after(wall, between(now, end));
      now = end;
    },
    isWaiting: () => due !== undefined,
  };
};

const open = (host: ReturnType<typeof makeHost>, folder: string, rotated: (ids: number[]) => void = () => {}) => {
  const keys = openCookieKeys(folder, host, host.random, (now) => rotated(now.map(({ id }) => id)));
  return { ids: () => keys.now().map(({ id }) => id), ...keys };
};

/** The first roll is four octets of 1. */
const FIRST = 0x0101_0101;
const ids = (...steps: readonly number[]): number[] => steps.map((step) => FIRST + step);

describe('the keys of cookies', () => {
  it('are made once, for their owner alone, and are the same after a restart and for another process', () => {
    const [host, folder] = [makeHost(), makeTempDir()];
    const first = open(host, folder);
    expect(first.ids()).toEqual(ids(0, 1));
    expect(statSync(join(folder, 'nts-keys')).mode & 0o777).toBe(0o600);
    expect(open(host, folder).now()).toEqual(first.now());
    first.close();
    host.wait(DAY / 2);
    expect(open(makeHost(), folder).now()).toEqual(first.now());
  });

  it('are rotated each day, on disk before anyone is told', () => {
    const [host, folder] = [makeHost(), makeTempDir()];
    const told: number[][] = [];
    const { close } = open(host, folder, (now) => {
      told.push(now);
      expect(open(makeHost(), folder).ids()).toEqual(now);
    });
    host.wait(DAY - 1);
    expect(told).toEqual([]);
    host.wait(1);
    expect(told).toEqual([ids(1, 2, 0)]);
    host.wait(10 * DAY);
    expect(told).toHaveLength(11);
    expect(told.at(-1)).toEqual(ids(11, 12, 10, 9, 8, 7, 6, 5, 4));
    close();
    expect(host.isWaiting()).toBe(false);
  });

  it('keep to the day through restarts', () => {
    const [host, folder] = [makeHost(), makeTempDir()];
    open(host, folder).close();
    host.wait(DAY - 100);
    const told: number[][] = [];
    open(host, folder, (now) => told.push(now));
    host.wait(99);
    expect(told).toEqual([]);
    host.wait(1);
    expect(told).toEqual([ids(1, 2, 0)]);
    host.wait(DAY);
    expect(told).toHaveLength(2);
  });

  it.each([1, 30, 4_000])('are rotated once at a start %i days later, and then each day', (days) => {
    const [host, folder] = [makeHost(), makeTempDir()];
    open(host, folder).close();
    host.setWall(days);
    const told: number[][] = [];
    const late = open(host, folder, (now) => told.push(now));
    expect(late.ids()).toEqual(ids(1, 2, 0));
    host.wait(DAY - 1);
    expect(told).toEqual([]);
    host.wait(1);
    expect(told).toEqual([ids(2, 3, 1, 0)]);
  });

  it('take no notice of a wall clock that is stepped while they are in use', () => {
    const [host, folder] = [makeHost(), makeTempDir()];
    const told: number[][] = [];
    open(host, folder, (now) => told.push(now));
    for (let i = 0; i < 20; i++) {
      host.setWall(i % 2 ? -9_000 : 9_000);
      host.wait(DAY / 40);
    }
    expect(told).toEqual([]);
    host.wait(DAY / 2);
    expect(told).toHaveLength(1);
  });

  it('are rotated a day later at most where a wall clock is behind what was kept', () => {
    const [host, folder] = [makeHost(), makeTempDir()];
    open(host, folder).close();
    host.setWall(-9_000);
    const told: number[][] = [];
    const back = open(host, folder, (now) => told.push(now));
    expect(back.ids()).toEqual(ids(0, 1));
    host.wait(DAY);
    expect(told).toEqual([ids(1, 2, 0)]);
  });

  it('are set aside where they are damaged, and new ones bear other ids', () => {
    const [host, folder] = [makeHost(), makeTempDir()];
    open(host, folder).close();
    const path = join(folder, 'nts-keys');
    const damaged = readFileSync(path, 'utf8').slice(5);
    writeFileSync(path, damaged);
    expect(open(host, folder).ids()).toEqual([0x0404_0404, 0x0404_0405]);
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(damaged);
  });

  it('are not rotated while they cannot be written, which is tried again and again', () => {
    const [host, folder] = [makeHost(), makeTempDir()];
    const told: number[][] = [];
    let again = (): void => {};
    const keeping = openKeeping((fire) => {
      again = fire;
    });
    const keys = openCookieKeys(folder, host, host.random, (now) => told.push(now.map(({ id }) => id)), keeping);
    const idsNow = () => keys.now().map(({ id }) => id);
    rmSync(folder, { recursive: true });
    host.wait(DAY + 3_600);
    for (let i = 0; i < 3; i++) again();
    expect(idsNow()).toEqual(ids(0, 1));
    const fault = `cannot write ${join(folder, 'nts-keys')}: no such file or directory`;
    expect(keeping.state()).toEqual({ faults: { [join(folder, 'nts-keys')]: fault }, failures: 4 });
    mkdirSync(folder);
    again();
    expect(told).toHaveLength(1);
    expect(idsNow()).toEqual(told[0]);
    expect(keeping.state().faults).toEqual({});
    host.wait(DAY);
    expect(told).toHaveLength(2);
  });

  it('are rotated once a day also where whoever is told of them fails, which is a fault of its own', () => {
    const [host, folder] = [makeHost(), makeTempDir()];
    const due: MonoNanos[] = [];
    const timer = (at: MonoNanos, fire: () => void) => {
      due.push(at);
      return host.timer(at, fire);
    };
    const fail = (): never => {
      throw new Error('out of memory');
    };
    openCookieKeys(folder, { ...host, timer }, host.random, fail);
    expect(() => host.wait(DAY)).toThrow('out of memory');
    expect(due).toHaveLength(2);
  });

  it('serve from memory where they cannot be kept, until they can', () => {
    const folder = join(makeTempDir(), 'absent');
    let again = (): void => {};
    const keeping = openKeeping((fire) => {
      again = fire;
    });
    const host = makeHost();
    const { now } = openCookieKeys(folder, host, host.random, () => {}, keeping);
    expect(now()).toHaveLength(2);
    mkdirSync(folder);
    again();
    expect(open(makeHost(), folder).now()).toEqual(now());
  });
});
