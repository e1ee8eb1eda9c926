/** What the tests of a file share: daemons started once, stopped after the last test, also where a later start failed. */
import { afterAll } from 'vitest';

type Started = { [Symbol.asyncDispose](): Promise<void> };

/** @returns a function that remembers what it is given; the last started is the first to be stopped. */
export const stopAfterAll = () => {
  const started: Started[] = [];
  afterAll(async () => {
    for (const one of started.reverse()) await one[Symbol.asyncDispose]();
  });
  return async <S extends Started>(starting: Promise<S>): Promise<S> => {
    const one = await starting;
    started.push(one);
    return one;
  };
};
