/**
 * Values ↔ lines of text: JSON, and what JSON lacks as an object with one key. `{"$n":"12"}` is a bigint, `{"$b":"AAE"}`
 * bytes in base64url, `{"$d":"-0"}` a number that JSON has no spelling for. A key of the value's own that begins with `$`
 * gets one more, so that nothing that came from a network can pass for one of these.
 */
import { ok, type Result, refuse } from '#contract/result.ts';
import { base64url, fromBase64url } from '#contract/web-platform.ts';

const nameOf = (value: number): string => (Object.is(value, -0) ? '-0' : `${value}`);
const UNSPELT: ReadonlyMap<string, number> = new Map(
  [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [nameOf(value), value]),
);

/** What comes from an edge may be nested by the thousand. Nothing that is learnt from lies this deep. */
const DEEPEST = 32;

/**
 * @param value - plain data: a member that is undefined is left out, and what lies deeper than 32 levels becomes null.
 * @returns one line, without its end. The same value gives the same text.
 */
export const encodeLine = (value: unknown): string => JSON.stringify(tag(value, DEEPEST));

/** Never throws. The value is what was encoded, not more: whoever reads it judges its members. */
export const decodeLine = (line: string): Result<unknown, 'malformed'> => {
  try {
    return ok(untag(JSON.parse(line), DEEPEST));
  } catch {
    return refuse('malformed');
  }
};

const tag = (value: unknown, depth: number): unknown => {
  if (typeof value === 'bigint') return { $n: `${value}` };
  if (typeof value === 'number' && UNSPELT.has(nameOf(value))) return { $d: nameOf(value) };
  if (value instanceof Uint8Array) return { $b: base64url(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.map((one) => tag(one, depth - 1));
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return fromMembers(members.map(([key, member]) => [key.startsWith('$') ? `$${key}` : key, tag(member, depth - 1)]));
};

const untag = (value: unknown, depth: number): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  const [[key, text] = []] = members;
  if (members.length === 1 && key !== undefined && /^\$[^$]*$/.test(key)) return untagged(key, text);
  if (depth === 0) throw new RangeError('too deep');
  if (Array.isArray(value)) return value.map((one) => untag(one, depth - 1));
  return fromMembers(members.map(([name, member]) => [ownKey(name), untag(member, depth - 1)]));
};

const untagged = (key: string, text: unknown): unknown => {
  if (typeof text !== 'string') throw new TypeError('not a text');
  if (key === '$n' && /^(0|-?[1-9]\d{0,38})$/.test(text)) return BigInt(text);
  const bytes = key === '$b' ? fromBase64url(text) : undefined;
  if (bytes) return bytes;
  if (key === '$d' && UNSPELT.has(text)) return UNSPELT.get(text);
  throw new TypeError('no such tag');
};

const ownKey = (name: string): string => {
  if (!name.startsWith('$')) return name;
  if (!name.startsWith('$$')) throw new TypeError('a tag among members');
  return name.slice(1);
};

/** Not by assignment: `__proto__` is a member like any other. */
const fromMembers = (members: readonly (readonly [string, unknown])[]): unknown => Object.fromEntries(members);
