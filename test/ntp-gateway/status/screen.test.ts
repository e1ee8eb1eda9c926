import fc from 'fast-check';
import { expect, it } from 'vitest';
import { frameOf, printable } from '../../../ntp-gateway/status/screen.ts';

it.each([
  { what: 'fits', text: 'ab\nc', frame: '\x1b[Hab\x1b[K\r\nc\x1b[K\x1b[J' },
  { what: 'is too long', text: 'a\nb\nc\nd', frame: '\x1b[Ha\x1b[K\r\nb\x1b[K\r\n… and\x1b[K\x1b[J' },
  { what: 'is just long enough', text: 'a\nb\nc', frame: '\x1b[Ha\x1b[K\r\nb\x1b[K\r\nc\x1b[K\x1b[J' },
  { what: 'is too wide', text: '± 123 45', frame: '\x1b[H± 123\x1b[K\r\n45\x1b[K\x1b[J' },
  { what: 'is one wide word', text: 'a 123456\nb', frame: '\x1b[Ha 123\x1b[K\r\n456\x1b[K\r\nb\x1b[K\x1b[J' },
  { what: 'is as wide as it may be', text: '± 123', frame: '\x1b[H± 123\x1b[K\x1b[J' },
  { what: 'would steer the terminal', text: 'a\x1b[2J\x9b\t', frame: '\x1b[Ha?[2J\x1b[K\r\n??\x1b[K\x1b[J' },
  { what: 'is nothing', text: '', frame: '\x1b[H\x1b[K\x1b[J' },
])('a page that $what', ({ text, frame }) => {
  expect(frameOf(text, 5, 3)).toBe(frame);
});

it('a page on a terminal that does not know its size', () => {
  const page = `${'x'.repeat(81)}${'\nx'.repeat(24)}`;
  const wide = `${'x'.repeat(80)}\x1b[K\r\n    x`;
  expect(frameOf(page, 0, 0)).toBe(`\x1b[H${wide}${'\x1b[K\r\nx'.repeat(21)}\x1b[K\r\n… and 3 lines more\x1b[K\x1b[J`);
});

it('a page is whole on a terminal of any width', () => {
  const words = fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 30 }).map((word) => word.trim()));
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 100 }), (said, columns) => {
      const text = said.join(' ');
      const lines = frameOf(text, columns, 10_000)
        .slice('\x1b[H'.length, -'\x1b[J'.length)
        .split('\x1b[K')
        .map((line) => line.replace('\r\n', ''));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
  );
});

it('a clause goes on below what it is of, and a figure stays with its unit', () => {
  const page = 'time           12:00:00 (-7.26 ms, +7.47 ms), best guess ± 321 µs';
  const lines = ['time           12:00:00 (-7.26 ms, +7.47 ms),', '               best guess ± 321 µs'];
  expect(frameOf(page, 62, 9)).toBe(`\x1b[H${lines.join('\x1b[K\r\n')}\x1b[K\x1b[J`);
});

it('what a stranger says steers nothing, and makes no line', () => {
  expect(printable('± 1 ms\na\x1b[2J\u202eb\u2028c\r')).toBe('± 1 ms\na?[2J?b?c?');
});
