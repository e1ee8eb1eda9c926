/** What was recorded of a simulated hour runs again without the world, and comes out the same; an altered one does not. */
import { describe, expect, it } from 'vitest';
import { seconds } from '#contract/time.ts';
import { clockOf } from '../../ntp-gateway/core/state.ts';
import { replayAll } from '../support/recorded.ts';
import { recordWorld } from './recorded-world.ts';

describe('a recording', () => {
  it('of an hour comes out the same, bit for bit', async () => {
    const { world, lines } = await recordWorld();
    const replay = replayAll(lines);
    expect(replay).toMatchObject({ ended: true, lines: lines.length, agreedAt: lines.length });
    expect(replay?.core).toStrictEqual(world.gateway().core());
    expect(replay && clockOf(replay.core)?.epoch).toBe(2);
    expect(world.samples.filter(({ delegations }) => delegations).length).toBeGreaterThan(0);
  });

  it('that was cut off is the same until there, and says so', async () => {
    const { lines } = await recordWorld();
    const replay = replayAll(lines.slice(0, 1_234));
    expect(replay).toMatchObject({ ended: false, lines: 1_234 });
    expect(replay?.agreedAt).toBeGreaterThan(1_133);
  });

  it('shows an altered line at the next digest, whatever stood in it', async () => {
    const { lines } = await recordWorld();
    const altered = (at: number, change: (line: string) => string): (() => void) => {
      const line = lines[at - 1]!;
      expect(change(line)).not.toBe(line);
      return () => replayAll(lines.with(at - 1, change(line)));
    };
    const digests = lines.flatMap((line, i) => (line.startsWith('{"kind":"digest"') ? [i + 1] : []));
    const [first = 0, second = 0] = digests;
    expect([first, second]).toEqual([102, 203]);
    const laterWall = (line: string): string => line.replace(/("wall":\{"\$n":"\d+)\d"/, '$10"');
    const look = lines.findIndex((line, i) => i >= first && /"wall":\{"\$n":"\d+[1-9]"/.test(line)) + 1;
    expect(altered(look, laterWall)).toThrow(`line ${second}: differs: `);
    expect(altered(look, laterWall)).toThrow(`the same up to line ${first}`);
    expect(altered(1, (line) => line.replace('"gw-sim"', '"gw-mis"'))).toThrow(`line ${first}: differs: `);
    expect(altered(lines.length, (line) => line.replace('"sha256":"', '"sha256":"_'))).toThrow(
      `line ${lines.length}: differs: `,
    );
    expect(() => replayAll(lines.toSpliced(look - 1, 1))).toThrow(`line ${second - 1}: differs: `);
  });

  it.each([
    ['what is not JSON', 'hello', 'malformed: not a line of a recording'],
    ['what has no kind', '{"now":1}', 'malformed: not a line of a recording'],
    ['a second start', '{"kind":"start","version":1}', 'malformed: a second start'],
    ['an unknown event', '{"kind":"party"}', 'malformed: the core cannot take it: '],
    ['an event without its members', '{"kind":"look","now":1}', 'malformed: the core cannot take it: '],
  ])('with %s is refused at that line', async (_name, line, why) => {
    const { lines } = await recordWorld(seconds(60));
    expect(() => replayAll(lines.toSpliced(50, 0, line))).toThrow(`line 51: ${why}`);
  });

  it('has one start, of a version that is known, and nothing after its end', async () => {
    const { lines } = await recordWorld(seconds(60));
    expect(() => replayAll(lines.slice(1))).toThrow('line 1: malformed: not the start of a recording');
    expect(() => replayAll([lines[0]!.replace('"version":1', '"version":2')])).toThrow('line 1: version: ');
    expect(() => replayAll(['{"kind":"start","version":1}'])).toThrow('line 1: malformed: the core cannot take it: ');
    expect(() => replayAll([...lines, lines[1]!])).toThrow(`line ${lines.length + 1}: malformed: a line after the end`);
    expect(replayAll([])).toBeUndefined();
  });
});
