/** An object that fails says so. This is about one that says nothing. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keeperNear, LONGEST_CALL_MS } from '../../worker/objects.ts';
import type { Bindings } from '../../worker/ports.ts';
import { startIsolate } from './edge.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => vi.useRealTimers());

/** @param answer - of every call of every object. */
const keeperOf = (answer: () => Promise<unknown>, regionalCopies: boolean) => {
  const object = { knowledge: answer, keep: answer, log: answer };
  const namespace = { getByName: () => object };
  return keeperNear({ regionalCopies }, { TIMEKEEPER: namespace, COPIES: namespace } as unknown as Bindings, undefined);
};
const never = () => new Promise<never>(() => {});

it.each([false, true])('a call that is never answered fails in the end, by way of a copy: %s', async (copies) => {
  const keeper = keeperOf(never, copies);
  const post = ['', {}, [], {}] as unknown as Parameters<typeof keeper.keep>;
  const outcomes: string[] = [];
  for (const call of [keeper.knowledge(), keeper.log(1), keeper.keep(...post)])
    call.catch(({ message }: Error) => outcomes.push(message));
  await vi.advanceTimersByTimeAsync(LONGEST_CALL_MS - 1);
  expect(outcomes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(outcomes).toEqual(Array.from({ length: 3 }, () => 'the object does not answer'));
});

it('one that is answered, or fails, leaves no timer behind', async () => {
  expect(await keeperOf(async () => 'told', false).knowledge()).toBe('told');
  await expect(keeperOf(async () => Promise.reject(new Error('reset')), false).knowledge()).rejects.toThrow('reset');
  expect(vi.getTimerCount()).toBe(0);
});

it('all who wait for it are answered', async () => {
  const ask = startIsolate({ keeper: () => keeperOf(never, false) });
  const statuses: number[] = [];
  for (const path of ['/time', '/time?format=jws', '/keys', '/samples'])
    ask(path).then(({ status }) => statuses.push(status));
  while (statuses.length < 4) {
    await vi.advanceTimersByTimeAsync(LONGEST_CALL_MS);
    await scheduler.wait(1); // in which bodies are read
  }
  expect(statuses).toEqual([503, 503, 503, 503]);
});
