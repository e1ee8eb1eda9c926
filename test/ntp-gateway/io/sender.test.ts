import { expect, it } from 'vitest';
import { describeSender } from '../../../ntp-gateway/io/sender.ts';

it.each([
  { address: '127.0.0.1', words: [4, 0x7f00_0001, 0, 0, 0, 123] },
  { address: '255.254.0.9', words: [4, 0xfffe_0009 | 0, 0, 0, 0, 123] },
  { address: '2001:db8::f', words: [6, 0x2001_0db8, 0, 0, 0xf, 123] },
  { address: 'fe80::1%eth0', words: [6, 0xfe80_0000 | 0, 0, 0, 1, 123] },
])('$address in words, whoever came before', ({ address, words }) => {
  const client = new Int32Array(6).fill(-1);
  describeSender({ address, port: 123 }, client);
  expect([...client]).toEqual(words);
});
