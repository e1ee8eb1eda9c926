/** The kinds of value that the schema is made of, each with a message for the person who wrote the file. */
import * as v from 'valibot';
import { parseEndpoint } from './addresses.ts';
import { nearest } from './nearest.ts';

type Table = Record<string, unknown>;

/** Neither an array nor a date. */
const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Whatever stands in it. */
export const someTable = v.custom<Table>(isTable, 'must be a table');

/** Where in `root` a fault lies that shows only in the whole of it. */
export const pathIn = (root: Table, keys: readonly (string | number)[]): [v.IssuePathItem, ...v.IssuePathItem[]] => {
  let input: unknown = root;
  const path = keys.map((key): v.IssuePathItem => {
    const value = (input as Record<string | number, unknown>)[key];
    const item = { type: 'unknown', origin: 'value', input, key, value } as const;
    input = value;
    return item;
  });
  return path as [v.IssuePathItem, ...v.IssuePathItem[]];
};

/** Of one table. With more it is some other program's file, and to say of each what was meant would take a running gateway seconds. */
const MOST_UNKNOWN = 1_000;

/** A table of these keys alone. @param kind - where keys have another meaning or none in a table of another kind. */
export const table = <Entries extends v.ObjectEntries>(entries: Entries, kind?: string) => {
  const known = Object.keys(entries);
  return v.pipe(
    someTable,
    v.looseObject(entries, 'is missing'),
    v.rawCheck(({ dataset, addIssue }) => {
      const input: unknown = dataset.value;
      if (!isTable(input)) return;
      const unknown = Object.entries(input).filter(([key]) => !known.includes(key));
      unknown.slice(0, MOST_UNKNOWN).forEach(([key, value], i) => {
        const meant = nearest(key, known);
        const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`;
        const more =
          i + 1 === MOST_UNKNOWN && unknown.length > MOST_UNKNOWN ? `; and ${unknown.length - i - 1} more` : '';
        const path: [v.ObjectPathItem] = [{ type: 'object', origin: 'key', input, key, value }];
        addIssue({ message: `unknown key${kind === undefined ? '' : ` of ${kind}`}; ${hint}${more}`, path });
      });
    }),
  );
};

/**
 * An array in which no two elements have the same identity.
 *
 * @param identity - also asked of elements with faults, so that those do not hide a repetition; undefined: cannot tell.
 */
export const list = <Element extends v.GenericSchema>(
  name: string,
  expected: string,
  element: Element,
  identity: (element: Partial<v.InferOutput<Element>>) => unknown,
) =>
  v.pipe(
    v.array(element, expected),
    v.rawCheck(({ dataset, addIssue }) => {
      const input: unknown = dataset.value;
      if (!Array.isArray(input)) return;
      const first = new Map<unknown, number>();
      input.forEach((value, key) => {
        const mine = identity(value);
        const earlier = mine === undefined ? undefined : first.get(mine);
        if (earlier === undefined) first.set(mine, key);
        else
          addIssue({
            message: `repeats ${name}[${earlier}]`,
            path: [{ type: 'array', origin: 'value', input, key, value }],
          });
      });
    }),
  );

/** A string that `read` makes something of. */
export const readBy = <T>(read: (text: string) => T | undefined, expected: string) =>
  v.pipe(
    v.string(expected),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: expected });
      return NEVER;
    }),
  );

/** The same for a number of some unit, from `least` to `most`. */
export const readWithin = <N extends number>(
  read: (text: string) => N | undefined,
  least: N,
  most: N,
  expected: string,
) =>
  readBy((text) => {
    const value = read(text);
    return value !== undefined && least <= value && value <= most ? value : undefined;
  }, expected);

export const matching = (pattern: RegExp, expected: string) => v.pipe(v.string(expected), v.regex(pattern, expected));

export const whole = (least: number, most: number) =>
  v.custom<number>(
    (value) => Number.isInteger(value) && least <= Number(value) && Number(value) <= most,
    `must be a whole number from ${least} to ${most}`,
  );

export const flag = v.boolean('must be true or false');
export const port = whole(1, 65_535);
export const endpoint = readBy(
  parseEndpoint,
  'must be an IP address and a port, such as "127.0.0.1:123" or "[::1]:123"',
);
/** A relative path counts from the process's folder. */
export const path = (what: string) => matching(/^[^\0]+$/, `must be the path of ${what}`);
