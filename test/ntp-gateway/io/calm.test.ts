import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Change } from '../../../ntp-gateway/change.ts';
import { calmDown, MOST_PER_MINUTE } from '../../../ntp-gateway/io/calm.ts';

/** A log, and minutes that pass when a test says so. */
const watch = () => {
  const said: Change[] = [];
  const waiting: { at: number; fire: () => void }[] = [];
  let now = 0;
  const pass = (ms: number): void => {
    now += ms;
    for (const one of waiting.filter(({ at }) => at <= now)) {
      waiting.splice(waiting.indexOf(one), 1);
      one.fire();
    }
  };
  const calm = calmDown(
    (change) => said.push(change),
    (fire, ms) => waiting.push({ at: now + ms, fire }),
  );
  return { ...calm, said, waiting, pass };
};
const verdict = (source: string, word: string): Change => ({
  event: 'source-verdict',
  source,
  verdict: word,
  msg: word,
});
const words = (said: readonly Change[]) => said.map(({ msg }) => msg);

it('says what changes now and then, at once', () => {
  const { say, said, pass } = watch();
  for (let i = 0; i < 50; i++) {
    say(verdict('a', `${i}`));
    pass(10_001);
  }
  expect(words(said)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
});

it('says a state that flaps six times a minute, and then how it stands, and how often it changed', () => {
  const { say, said, pass } = watch();
  for (let i = 0; i < 60; i++) {
    say(verdict('a', i % 2 === 0 ? 'selected' : 'falseticker'));
    pass(1_000);
  }
  expect(said).toHaveLength(MOST_PER_MINUTE + 1);
  expect(said.at(-1)).toEqual({
    ...verdict('a', 'falseticker'),
    changes: 54,
    msg: 'falseticker (changed 54 times within a minute)',
  });
  pass(60_000);
  expect(said).toHaveLength(MOST_PER_MINUTE + 1);
});

it('holds nothing back of another source, another edge, another file, another event', () => {
  const { say, said } = watch();
  for (let i = 0; i < 2 * MOST_PER_MINUTE; i++) {
    say(verdict('a', 'x'));
    say(verdict('b', 'x'));
    say({ event: 'source-keys', source: 'a', msg: 'x' });
    say({ event: 'publish', edge: 'a', msg: 'x' });
    say({ event: 'publish', edge: 'b', msg: 'x' });
    say({ event: 'file-damaged', file: 'a', msg: 'x' });
    say({ event: 'jump', msg: 'x' });
  }
  expect(said).toHaveLength(7 * MOST_PER_MINUTE);
});

it('whatever changes how often: the last word of each is said, in a bounded number of lines, and nothing is kept', () => {
  const happening = fc.record({ source: fc.constantFrom('a', 'b'), after: fc.integer({ min: 0, max: 20_000 }) });
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 200 }), (all) => {
      const { say, said, waiting, pass } = watch();
      const last = new Map<string, string>();
      let elapsed = 0;
      all.forEach(({ source, after }, i) => {
        pass(after);
        elapsed += after;
        last.set(source, `${i};`);
        say(verdict(source, `${i};`));
      });
      pass(60_000);
      expect(waiting).toEqual([]);
      for (const [source, word] of last) {
        const own = words(said.filter((one) => one.source === source));
        expect(own.at(-1)).toMatch(new RegExp(`^${word}`));
        expect(own.length).toBeLessThanOrEqual((MOST_PER_MINUTE + 1) * (elapsed / 60_000 + 1));
      }
    }),
  );
});
