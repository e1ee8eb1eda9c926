import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unixMillis } from '#contract/time.ts';
import { parseLeapList } from '../../../ntp-gateway/wire/leap-list.ts';

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
const at = (day: string) => unixMillis(Date.parse(`${day}T00:00:00Z`));

/** The end of the list of IERS as of Bulletin C 70, its hash by `printf … | openssl sha1` over the digits alone. */
const SHORT = `#\tAn excerpt.
#$\t3960835200
#@\t3991593600
#
3550089600      35      # 1 Jul 2012
3644697600      36      # 1 Jul 2015

3692217600      37      # 1 Jan 2017
#h	7933299a afa2e659 affedc2e 32de15ad 2483c5cd
`;
const HASH = '7933299a';
const LIST = {
  entries: [
    { from: at('2012-07-01'), taiOffsetSeconds: 35 },
    { from: at('2015-07-01'), taiOffsetSeconds: 36 },
    { from: at('2017-01-01'), taiOffsetSeconds: 37 },
  ],
  expires: at('2026-06-28'),
};

describe('a leap second list', () => {
  it.each([
    { name: 'with its hash', text: SHORT },
    { name: 'its hash in capitals', text: SHORT.replace(HASH, HASH.toUpperCase()) },
    { name: 'with the line ends of another system', text: SHORT.replaceAll('\n', '\r\n') },
    { name: 'without a hash', text: SHORT.replace(/#h.*/, '') },
    { name: 'without the day of its update, which only the hash is over', text: SHORT.replace(/#[$h].*/g, '') },
    { name: 'without comments behind the numbers', text: SHORT.replace(/ +# 1 J.*/g, '') },
  ])('$name', ({ text }) => {
    expect(parseLeapList(text, sha1)).toEqual({ ok: true, value: LIST });
  });

  it('may take seconds away', () => {
    const text = '#@ 3991593600\n3644697600 36\n3692217600 35';
    const { entries } = LIST;
    const [, , last] = entries;
    expect(parseLeapList(text, sha1)).toMatchObject({
      value: { entries: [entries[1], { ...last, taiOffsetSeconds: 35 }] },
    });
  });

  it('finds the hash of a list whose words have lost their zeros, as NIST wrote them', () => {
    const digits = (n: number): string => `3991593600${3_692_217_600}${n}`;
    const n = Array.from({ length: 900 }, (_, i) => i).find((i) => sha1(digits(i)).startsWith('0'))!;
    const words = sha1(digits(n))
      .match(/.{8}/g)!
      .map((word) => word.replace(/^0+/, ''));
    const text = `#@ 3991593600\n3692217600 ${n}\n#h ${words.join(' ')}\n`;
    expect(parseLeapList(text, sha1)).toMatchObject({ ok: true });
  });

  it.each([
    { name: 'a changed offset', text: SHORT.replace('600      35', '600      37'), reason: 'wrong-hash' },
    { name: 'a changed expiry', text: SHORT.replace('#@\t39', '#@\t49'), reason: 'wrong-hash' },
    { name: 'a changed hash', text: SHORT.replace(HASH, '11111111'), reason: 'wrong-hash' },
    { name: 'half a hash', text: SHORT.replace(/(#h\s+\w+ \w+).*/, '$1'), reason: 'wrong-hash' },
    { name: 'an empty hash', text: SHORT.replace(/#h.*/, '#h'), reason: 'wrong-hash' },
    {
      name: 'cut off in its lines',
      text: SHORT.slice(0, SHORT.indexOf('3644697600') + 5),
      reason: 'malformed',
      line: 6,
    },
    { name: 'no expiry', text: SHORT.replace(/#@.*/, ''), reason: 'malformed', detail: 'no expiry (#@)' },
    { name: 'an expiry that is no number', text: SHORT.replace(/#@.*/, '#@ soon'), reason: 'malformed' },
    { name: 'nothing but comments', text: '#@ 3991593600\n', reason: 'malformed', detail: 'no line tells TAI − UTC' },
    { name: 'empty', text: '', reason: 'malformed' },
    { name: 'HTML', text: '<!DOCTYPE html>', reason: 'malformed', line: 1 },
    { name: 'a negative offset', text: '#@ 1\n3692217600 -37', reason: 'malformed', line: 2 },
    { name: 'a third number', text: '#@ 1\n3692217600 37 38', reason: 'malformed', line: 2 },
    { name: 'two at once', text: '#@ 1\n3644697600 35\n3692217600 37', reason: 'malformed', line: 3 },
    { name: 'none at all', text: '#@ 1\n3644697600 36\n3692217600 36', reason: 'malformed', line: 3 },
    { name: 'back in time', text: '#@ 1\n3692217600 36\n3644697600 37', reason: 'malformed', line: 3 },
    { name: 'twice', text: '#@ 1\n3692217600 36\n3692217600 37', reason: 'malformed', line: 3 },
    { name: 'a second later', text: '#@ 1\n3692217601 37', reason: 'malformed', line: 2 },
    { name: 'in another month', text: `#@ 1\n${3_692_217_600 + 31 * 86_400} 37`, reason: 'malformed', line: 2 },
  ])('is refused: $name', ({ text, reason, detail, line }) => {
    const parsed = parseLeapList(text, sha1);
    expect(parsed).toMatchObject({ ok: false, reason, ...(detail !== undefined && { detail }) });
    if (line !== undefined) expect(!parsed.ok && parsed.detail).toMatch(new RegExp(`^line ${line}: `));
  });

  it('of any text: a list or a refusal of one line', () => {
    const piece = fc.constantFrom(
      '#$',
      '#@',
      '#h',
      '#',
      '\n',
      ' ',
      '\t',
      '-',
      '3692217600',
      '3644697600',
      '37',
      '36',
      'ab',
    );
    const text = fc.oneof(
      fc.array(piece).map((all) => all.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (any) => {
        const parsed = parseLeapList(any, sha1);
        expect(parsed.ok ? '' : parsed.detail).not.toContain('\n');
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes no longer for a line that was made to be slow', () => {
    const started = performance.now();
    parseLeapList(`1${' '.repeat(65_000)}x`, sha1);
    parseLeapList(`3692217600 37${' '.repeat(65_000)}x`, sha1);
    parseLeapList(`#@${' '.repeat(65_000)}x`, sha1);
    expect(performance.now() - started).toBeLessThan(30_000); // minutes, where it grows with the square
  });
});
