import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPiece, plainPiece } from '../../../client/cli/stamp/forms.ts';
import { LONG, openCutter, type Piece } from '../../../client/cli/stamp/lines.ts';
import { type Stamp, stampLines } from '../../../client/cli/stamp/stamp-lines.ts';

const plain = (piece: Piece, { earliest, latest }: Stamp) => plainPiece(piece, `${earliest} ${latest} `);

const NOON = Date.UTC(2026, 10, 30, 12);
const reading = (earliest: number, latest: number) => ({ earliest, time: earliest, latest });

/** A clock that goes on by a second with each look, and what was written of chunks that came one a look. */
const stamped = async (
  chunks: readonly (string | Uint8Array)[],
  {
    form = plain as typeof jsonPiece | typeof plain,
    at = (look: number) => reading(NOON + 1_000 * look - 1, NOON + 1_000 * look + 1) as Look,
  } = {},
) => {
  let looks = 0;
  let last: Look = reading(0, 0);
  const clock = {
    now: () => last as ReturnType<typeof reading>,
    get isSynchronized() {
      last = at(looks++);
      return last !== 'unsynchronized';
    },
  };
  const written: Uint8Array[] = [];
  async function* input() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  await stampLines(input(), { clock, form, write: async (octets) => void written.push(octets) });
  return { text: Buffer.concat(written).toString('latin1'), writes: written.filter(({ length }) => length > 0).length };
};
type Look = ReturnType<typeof reading> | 'unsynchronized';

describe('noonmark stamp', () => {
  it('puts the time before each line, at once, and keeps its octets', async () => {
    const { text, writes } = await stamped(['a\nb\n', '\xff\x00\r\n', 'c', 'd\n', 'no end']);
    expect(text).toBe(
      [
        '2026-11-30T11:59:59.999000Z 2026-11-30T12:00:00.001000Z a\n',
        '2026-11-30T11:59:59.999000Z 2026-11-30T12:00:00.001000Z b\n',
        '2026-11-30T12:00:00.999000Z 2026-11-30T12:00:01.001000Z \xc3\xbf\x00\r\n',
        '2026-11-30T12:00:02.999000Z 2026-11-30T12:00:03.001000Z cd\n',
        '2026-11-30T12:00:04.999000Z 2026-11-30T12:00:05.001000Z no end',
      ].join(''),
    );
    expect(writes).toBe(4);
  });

  it('rounds outwards to the µs', async () => {
    const { text } = await stamped(['a\n'], { at: () => reading(NOON + 0.0015, NOON + 0.0025) });
    expect(text).toBe('2026-11-30T12:00:00.000001Z 2026-11-30T12:00:00.000003Z a\n');
  });

  it.each([
    ['nothing bounds the time', reading(5, Number.POSITIVE_INFINITY)],
    ['it comes from no source', 'unsynchronized' as const],
  ])('lets a line come no earlier than the one before, and sorts it behind, while %s', async (_what, lost) => {
    const { text } = await stamped(['a\n', 'b\n', 'c\n'], {
      at: (look) => (look === 1 ? lost : reading(NOON + look, NOON + look + 1)),
    });
    expect(text.split('\n')).toEqual([
      '2026-11-30T12:00:00.000000Z 2026-11-30T12:00:00.001000Z a',
      '2026-11-30T12:00:00.000000Z 9999-12-31T23:59:59.999999Z b',
      '2026-11-30T12:00:00.002000Z 2026-11-30T12:00:00.003000Z c',
      '',
    ]);
  });

  it('hands a long line on as it comes, stamped once', async () => {
    const long = 'x'.repeat(LONG);
    const { text, writes } = await stamped([long, 'y', long, 'z\nb\n']);
    const [first, second] = text.split('\n');
    expect(first).toBe(`2026-11-30T12:00:00.999000Z 2026-11-30T12:00:01.001000Z ${long}y${long}z`);
    expect(second).toMatch(/ b$/);
    expect(writes).toBe(3);
  });

  it('writes JSON that holds any octets, and says where a line goes on', async () => {
    const long = 'x'.repeat(LONG + 1);
    const { text } = await stamped([Buffer.from('\ufeffä"\n'), Buffer.from([0xff, 0x0a]), long, 'z\n'], {
      form: jsonPiece,
    });
    const stamp = (second: number) => ({
      earliest: `2026-11-30T${second === 0 ? '11:59:59' : `12:00:0${second - 1}`}.999000Z`,
      latest: `2026-11-30T12:00:0${second}.001000Z`,
    });
    const lines = Buffer.from(text, 'latin1').toString().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { ...stamp(0), line: '\ufeffä"' },
      { ...stamp(1), base64: '/w==' },
      { ...stamp(2), line: long, more: true },
      { line: 'z' },
    ]);
  });
});

describe('lines', () => {
  it('come out as they went in, however they were cut', () => {
    const octets = fc.uint8Array({ max: 12, maxLength: 60 });
    fc.assert(
      fc.property(octets, fc.array(fc.integer({ min: 1, max: 9 })), (octets, sizes) => {
        const cutter = openCutter();
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(octets.subarray(at, at + size));
          at += size;
        }
        chunks.push(octets.subarray(at));
        const pieces = [...chunks.flatMap((chunk) => cutter.cut(chunk)), ...cutter.end()];
        expect(Buffer.concat(pieces.map(({ octets }) => octets))).toEqual(Buffer.from(octets));
        const whole = Buffer.from(octets).toString('latin1');
        expect(pieces.map(({ octets }) => Buffer.from(octets).toString('latin1'))).toEqual(
          whole.split(/(?<=\n)/).filter((line) => line !== ''),
        );
        expect(pieces.every(({ begins, ends }) => begins && ends)).toBe(true);
      }),
    );
  });
});
