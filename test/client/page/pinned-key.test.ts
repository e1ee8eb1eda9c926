import { expect, it } from 'vitest';
import { pinOf } from '../../../client/page/pinned-key.ts';

const [ours, theirs] = ['kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', 'x'.repeat(43)];

it.each([
  ['', null, undefined],
  ['', ours, { key: ours, from: 'browser' }],
  [`#key=${theirs}`, null, { key: theirs, from: 'address' }],
  [`#key=${theirs}`, ours, { key: theirs, from: 'address' }],
  [`#a=b&key=${theirs}`, null, { key: theirs, from: 'address' }],
  ['#key=', ours, { key: ours, from: 'browser' }],
  [`#key=${theirs}x`, null, undefined],
  ['#key=<script>', 'not a key', undefined],
])('%j and %j kept: %j', (hash, stored, pin) => expect(pinOf(hash, stored)).toEqual(pin));
