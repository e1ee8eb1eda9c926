import { expect, it } from 'vitest';
import { goesBy } from '../../../ntp-gateway/publish/answer.ts';

it.each<[said: string, status: number, body: unknown, next: string | undefined, goes: boolean]>([
  ['it knows both', 200, { gateway: 'gw-1', keys: ['a', 'b'] }, 'b', true],
  ['the new one has spoken', 200, { gateway: 'gw-1', keys: ['b'] }, 'b', true],
  ['it knows the old one alone', 200, { gateway: 'gw-1', keys: ['a'] }, 'b', false],
  ['none speaks any more', 200, { gateway: 'gw-1', keys: [] }, undefined, true],
  ['one still speaks', 200, { gateway: 'gw-1', keys: ['a'] }, undefined, false],
  ['a page', 200, undefined, 'b', false],
  ['a page, to a revocation', 200, undefined, undefined, false],
  ['something else', 200, { keys: 'abc' }, 'b', false],
  ['a refusal that quotes it', 409, { keys: ['b'] }, 'b', false],
])('to a word about a key an edge says that %s (%#)', (_said, status, body, next, goes) => {
  expect(goesBy({ status, body }, next)).toBe(goes);
});
