import { expect, it } from 'vitest';
import { frameOf, printable } from '../../../ntp-gateway/status/screen.ts';

it.each([
  { what: 'fits', text: 'ab\nc', frame: '\x1b[Hab\x1b[K\r\nc\x1b[K\x1b[J' },
  { what: 'is too long', text: 'a\nb\nc\nd', frame: '\x1b[Ha\x1b[K\r\nb\x1b[K\r\nc\x1b[K\x1b[J' },
  { what: 'is too wide', text: '± 12345', frame: '\x1b[H± 12…\x1b[K\x1b[J' },
  { what: 'is as wide as it may be', text: '± 123', frame: '\x1b[H± 123\x1b[K\x1b[J' },
  { what: 'would steer the terminal', text: 'a\x1b[2J\x9b\t', frame: '\x1b[Ha?[2…\x1b[K\x1b[J' },
  { what: 'is nothing', text: '', frame: '\x1b[H\x1b[K\x1b[J' },
])('a page that $what', ({ text, frame }) => {
  expect(frameOf(text, 5, 3)).toBe(frame);
});

it('a page on a terminal that does not know its size', () => {
  const page = `${'x'.repeat(81)}${'\nx'.repeat(24)}`;
  expect(frameOf(page, 0, 0)).toBe(`\x1b[H${'x'.repeat(79)}…${'\x1b[K\r\nx'.repeat(23)}\x1b[K\x1b[J`);
});

it('what a stranger says steers nothing, and makes no line', () => {
  expect(printable('± 1 ms\na\x1b[2J\u202eb\u2028c\r')).toBe('± 1 ms\na?[2J?b?c?');
});
