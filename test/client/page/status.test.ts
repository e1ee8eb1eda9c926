import { expect, it } from 'vitest';
import type { Change } from '../../../client/clock.ts';
import { openStatus } from '../../../client/page/status.ts';

const exchanged = { kind: 'exchanged' } as Change;
const jumped: Change = { kind: 'jumped' };
const refused = (reason: 'offline' | 'contradiction'): Change => ({ kind: 'refused', reason });

const opened = () => {
  let [now, text] = [1_000, ''];
  const hear = openStatus(
    () => now,
    (said) => {
      text = said;
    },
  );
  return (after: number, change: Change, hasTime = true): string => {
    now += after;
    hear(change, hasTime);
    return text;
  };
};

it('has nothing to say while answers come', () => {
  const said = opened();
  expect([said(0, exchanged), said(50, exchanged)]).toEqual(['', '']);
});

it('says what is wrong, and for some seconds that it is over', () => {
  const said = opened();
  expect(said(0, refused('offline'))).toMatch(/has no network.* What is known stands/);
  expect(said(100, refused('offline'), false)).toMatch(/has no network.* Nothing is known yet/);
  expect(said(1_000, exchanged)).toBe('The edge answers again.');
  expect(said(50, exchanged)).toBe('The edge answers again.');
  expect(said(50, refused('offline'))).toMatch(/has no network/);
  expect(said(50, exchanged)).toBe('The edge answers again.');
  expect(said(5_000, exchanged)).toBe('');
});

it('says of a jump until it is over', () => {
  const said = opened();
  expect(said(0, jumped)).toMatch(/slept/);
  expect(said(30, exchanged)).toBe('');
});

it('says that answers contradict each other for as long as that makes the interval wider', () => {
  const said = opened();
  expect(said(0, refused('contradiction'))).toMatch(/^No time fits all answers/);
  expect(said(9_000, exchanged)).toMatch(/^No time fits all answers/);
  expect(said(2_000, exchanged)).toBe('');
});
