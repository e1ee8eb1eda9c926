import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantText } from '../../../client/cli/instant.ts';
import { LONG } from '../../../client/cli/stamp/lines.ts';
import { mergeLogs, NotStamped, type Place } from '../../../client/cli/stamp/merge-logs.ts';

const at = (second: number) => instantText(1_796_040_000_000 + second * 1e3);
const line = (earliest: number, latest: number, text: string) => `${at(earliest)} ${at(latest)} ${text}`;

const merged = async (logs: Readonly<Record<string, string>>) => {
  const lines: (Place & { text: string })[] = [];
  const opened = Object.entries(logs).map(([name, text]) => ({
    name,
    octets: (async function* () {
      yield Buffer.from(text);
    })(),
  }));
  await mergeLogs(opened, async ({ octets }, place) => {
    const text = Buffer.from(octets).toString();
    if (place) lines.push({ ...place, text });
    else lines.at(-1)!.text += text;
  });
  return lines;
};
const shown = (lines: Awaited<ReturnType<typeof merged>>) =>
  lines.map(({ isCertain, text }) => `${isCertain ? ' ' : '~'}${text.slice(56).trimEnd()}`);

describe('stamped logs', () => {
  it('merge by time, and say of which lines it is not certain', async () => {
    const a = [line(0, 1, 'a1'), line(4, 6, 'a2'), line(20, 21, 'a3')].join('\n');
    const b = [line(2, 3, 'b1'), line(5, 7, 'b2'), line(8, 9, 'b3')].join('\n');
    expect(shown(await merged({ a: `${a}\n`, b }))).toEqual([' a1', ' b1', ' a2', '~b2', ' b3', ' a3']);
  });

  it('keep each log’s own order, and know by it how late its earlier lines can have been', async () => {
    const a = [line(5, 6, 'a1'), line(4, 99, 'a2'), line(7, 8, 'a3')].join('\n');
    const b = [line(9, 10, 'b1')].join('\n');
    expect(shown(await merged({ b, a }))).toEqual([' a1', ' a2', ' a3', ' b1']);
  });

  it('hand long lines on in whole', async () => {
    const long = 'x'.repeat(3 * LONG);
    const a = `${line(0, 1, long)}\n${line(2, 3, 'a2')}\n`;
    expect(shown(await merged({ a, b: line(1, 2, 'b1') }))).toEqual([` ${long}`, '~b1', '~a2']);
  });

  it.each([
    ['an empty line', `${line(0, 1, 'a')}\n\n`, 'a:2: '],
    ['a line without a stamp', 'hello\n', 'a:1: '],
    ['a stamp without its end', `${at(0)} - a\n`, 'a:1: '],
  ])('refuse %s', async (_what, a, where) => {
    const merging = merged({ b: line(0, 1, 'b'), a });
    await expect(merging).rejects.toThrow(NotStamped);
    await expect(merging).rejects.toThrow(where);
  });

  it('never are certain of an order that was another', async () => {
    const event = fc.record({
      log: fc.constantFrom('a', 'b', 'c'),
      after: fc.integer({ max: 5, min: 0 }),
      early: fc.integer({ max: 9, min: 0 }),
      late: fc.integer({ max: 9, min: 0 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
        const logs = { a: '', b: '', c: '' };
        let now = 100;
        for (const [index, { log, after, early, late }] of events.entries()) {
          now += after;
          logs[log] += `${line(now - early, now + late, `${now}|${index}`)}\n`;
        }
        const lines = (await merged(logs)).map(({ text, ...place }) => {
          const [moment, index] = text.slice(56).split('|').map(Number);
          return { ...place, moment: moment!, index: index! };
        });
        expect(lines).toHaveLength(events.length);
        for (const [place, { isCertain, moment, index, name }] of lines.entries()) {
          const above = lines.slice(0, place);
          if (isCertain) expect(above.filter((other) => other.moment > moment)).toEqual([]);
          expect(above.filter((other) => other.name === name && other.index > index)).toEqual([]);
        }
      }),
    );
  });
});
