import fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { findPlaces, lineOf, type Path, pathText } from '../../../ntp-gateway/config/lines.ts';

describe('the line of a path', () => {
  const text = `# a comment with [brackets] = and "quotes
top = 1 # [[source]]
dotted.a . "b.c" = 2
'literal' = '''
x = 3
'''
multi = """
y = "4"
\\""" still ""\\"
z = 5"""""
after = 2026-11-22 08:30:00.5 # one value of many tokens
[table]
inline = { a = 1, b.c = [ 2, { d = 3 } ] }
list = [ # [
  "]", '"',
  [ 1.5,
    2.5 ], # ]
  { e = "=" }
]
[ table . sub ]
f = -inf

[[source]]
a = 1
[[source]]
[source.deep]
b = 2
[[source.deeper]]
c = 3
[[source.deeper]]
c = 4
[[source]]
[[source.deeper]]
d = 5\r
e = 6`;

  it.each<[Path, number]>([
    [['top'], 2],
    [['dotted'], 3],
    [['dotted', 'a', 'b.c'], 3],
    [['literal'], 4],
    [['multi'], 7],
    [['after'], 11],
    [['table'], 12],
    [['table', 'inline', 'b', 'c', 1, 'd'], 13],
    [['table', 'list'], 14],
    [['table', 'list', 0], 15],
    [['table', 'list', 1], 15],
    [['table', 'list', 2, 0], 16],
    [['table', 'list', 2, 1], 17],
    [['table', 'list', 3, 'e'], 18],
    [['table', 'sub'], 20],
    [['table', 'sub', 'f'], 21],
    [['source', 0], 23],
    [['source', 0, 'a'], 24],
    [['source', 1], 25],
    [['source', 1, 'deep', 'b'], 27],
    [['source', 1, 'deeper', 0, 'c'], 29],
    [['source', 1, 'deeper', 1, 'c'], 31],
    [['source', 2], 32],
    [['source', 2, 'deeper', 0, 'd'], 34],
    [['source', 2, 'deeper', 0, 'e'], 35],
  ])('%j is %i', (path, line) => {
    parse(text); // it is TOML
    expect(lineOf(findPlaces(text), path)).toBe(line);
  });

  it.each<[Path, number]>([
    [[], 1],
    [['absent'], 1],
    [['table', 'absent'], 12],
    [['source', 1, 'absent'], 25],
    [['source', 9], 23],
  ])('%j is not written: that of what would hold it, %i', (path, line) => {
    expect(lineOf(findPlaces(text), path)).toBe(line);
  });

  /** Leaves are numbered, so that each number stands on the one line that its path must lead to. */
  const key = fc.constantFrom('a', 'bc', 'd-e', '', 'f.g', 'h i', '"', '#', "'", '[', ']', 'ü', '\n');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant(0),
      tie('tree'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    ),
  }));

  it('is where smol-toml wrote the value', () => {
    fc.assert(
      fc.property(tree, (anyTree) => {
        const leaves: Path[] = [];
        const number = (value: unknown, path: Path): unknown => {
          if (Array.isArray(value)) return value.map((one, i) => number(one, [...path, i]));
          if (typeof value !== 'object' || value === null) return 1_000 + leaves.push(path);
          return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, number(one, [...path, key])]));
        };
        const toml = stringify(number(anyTree, []));
        const lines = toml.split('\n');
        const places = findPlaces(toml);
        leaves.forEach((path, i) => {
          const written = lines.findIndex((line) => line.includes(String(1_001 + i)));
          expect(lineOf(places, path), `${pathText(path)} in\n${toml}`).toBe(written + 1);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is found soon, whatever a megabyte holds: neither time nor room grow with its square', () => {
    for (const text of [
      `x = """${'a"\\"\n'.repeat(200_000)}"""`,
      `x = [${'1,'.repeat(400_000)}]`,
      `[a]\n${'x.'.repeat(400_000)}y = 1`,
      `["${'k'.repeat(400_000)}"]\n${'[[s]]\na=1\n'.repeat(40_000)}`,
    ]) {
      const started = performance.now();
      findPlaces(text);
      expect(performance.now() - started).toBeLessThan(30_000);
    }
  });
});

it.each<[Path, string]>([
  [[], ''],
  [['source', 1, 'min_poll'], 'source[1].min_poll'],
  [['a b', 'c.d', 'e"\u001b'], '"a b"."c.d"."e\\"\\u001b"'],
])('%j is written %s', (path, text) => {
  expect(pathText(path)).toBe(text);
});
