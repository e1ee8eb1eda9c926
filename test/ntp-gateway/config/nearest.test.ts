import { expect, it } from 'vitest';
import { nearest } from '../../../ntp-gateway/config/nearest.ts';

const KNOWN = ['id', 'state_dir', 'address', 'pool', 'port', 'listen', 'min_poll', 'max_poll'];

it.each([
  ['adress', 'address'],
  ['addrss', 'address'],
  ['pol', 'pool'],
  ['por', 'port'],
  ['listne', 'listen'],
  ['min-poll', 'min_poll'],
  ['maxpol', 'max_poll'],
  ['max_pool', 'max_poll'],
  ['state-dir', 'state_dir'],
  ['Id', 'id'],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, KNOWN)).toBe(meant);
});

it.each(['', 'nts', 'allow', 'threads', 'xy', 'dir', 'poll_min'])('%s is another word', (word) => {
  expect(nearest(word, KNOWN)).toBeUndefined();
});

it('does not weigh a word that is longer than any', () => {
  expect(nearest('a'.repeat(1_000_000), KNOWN)).toBeUndefined();
});
