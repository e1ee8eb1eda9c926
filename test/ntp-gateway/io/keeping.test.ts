import { describe, expect, it } from 'vitest';
import { openKeeping } from '../../../ntp-gateway/io/keeping.ts';

const start = () => {
  const due: (() => void)[] = [];
  const keeping = openKeeping((fire) => void due.push(fire));
  const written: string[] = [];
  const disk = { isFull: false };
  const write = (text: string) => (): void => {
    if (disk.isFull) throw new Error(`cannot write ${text}`);
    written.push(text);
  };
  const wait = (): void => {
    for (const fire of due.splice(0)) fire();
  };
  return { ...keeping, due, disk, written, write, wait };
};

describe('keeping', () => {
  it('writes at once, and waits for nothing', () => {
    const { keep, write, written, due, state } = start();
    expect(keep('a', write('a1'))).toBe(true);
    expect(written).toEqual(['a1']);
    expect([due.length, state()]).toEqual([0, { faults: {}, failures: 0 }]);
  });

  it('tries again what could not be written, the newest of each, until it is', () => {
    const { keep, write, written, due, state, disk, wait } = start();
    disk.isFull = true;
    expect([keep('a', write('a1')), keep('b', write('b1')), keep('a', write('a2'))]).toEqual([false, false, false]);
    expect(due).toHaveLength(1);
    wait();
    expect(due).toHaveLength(1);
    expect(state()).toEqual({ faults: { a: 'cannot write a2', b: 'cannot write b1' }, failures: 5 });
    disk.isFull = false;
    expect(keep('b', write('b2'))).toBe(true);
    wait();
    expect(written).toEqual(['b2', 'a2']);
    expect([due.length, state()]).toEqual([0, { faults: {}, failures: 5 }]);
  });

  it('is told later of what takes a while', () => {
    const { failed, done, state, wait } = start();
    let tries = 0;
    failed('socket', 'no space left', () => {
      tries++;
    });
    wait();
    wait();
    expect([tries, state().faults]).toEqual([2, { socket: 'no space left' }]);
    done('socket');
    wait();
    expect([tries, state().faults]).toEqual([2, {}]);
  });
});
