/**
 * The keys that our cookies are sealed with, over the days: RFC 8915 §6. Each is known before it seals, so that a thread which
 * hears of a rotation late meets no cookie that it cannot open, and opens for a week after it sealed last.
 */
import { seconds, type UnixNanos, unixNanos } from '#contract/time.ts';
import type { CookieKey } from './server-keys.ts';

export type MasterKeys = {
  /** `current` seals; `old` ones are those before it, newest first. */
  readonly keys: readonly [next: CookieKey, current: CookieKey, ...old: CookieKey[]];
  /** Since when `current` seals, by this host's wall clock. */
  readonly since: UnixNanos;
};

export const ROTATE_AFTER = seconds(86_400);
const OLD = 7;

/**
 * @param id - uint32, of chance: where the file was lost, no key of now bears the id of one from before.
 * @param secrets - 32 octets each.
 */
export const newMasterKeys = (id: number, secrets: readonly [Uint8Array, Uint8Array], now: UnixNanos): MasterKeys => ({
  keys: [
    { id: idAfter(id), key: secrets[1] },
    { id, key: secrets[0] },
  ],
  since: now,
});

/** Once, however long ago the last time was: a wall clock that is far ahead costs one old key, not all of them. */
export const rotate = ({ keys }: MasterKeys, secret: Uint8Array, now: UnixNanos): MasterKeys => {
  const [next, current, ...old] = keys;
  return { keys: [{ id: idAfter(next.id), key: secret }, next, current, ...old.slice(0, OLD - 1)], since: now };
};

const idAfter = (id: number): number => (id + 1) >>> 0;

/** As `ServerKeys` has them: the one that seals comes first. */
export const cookieKeysOf = ({ keys: [next, current, ...old] }: MasterKeys): readonly CookieKey[] => [
  current,
  next,
  ...old,
];

const TITLE = 'noonmark NTS keys 1';

/** Lines: the title, since when, and each key by its id, all in hex but the time. */
export const encodeMasterKeys = ({ keys, since }: MasterKeys): string => {
  const lines = keys.map(({ id, key }) => `${inHex(id, 8)} ${Array.from(key, (octet) => inHex(octet, 2)).join('')}`);
  return `${[TITLE, since, ...lines].join('\n')}\n`;
};

const inHex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** @returns undefined where it is damaged. */
export const parseMasterKeys = (text: string): MasterKeys | undefined => {
  const [title, since = '', ...lines] = text.split('\n');
  if (title !== TITLE || !/^\d{1,20}$/.test(since) || lines.pop() !== '') return undefined;
  const parsed = lines.map(parseKey).filter((key) => key !== undefined);
  const [next, current, ...old] = parsed;
  if (!next || !current || parsed.length < lines.length || old.length > OLD) return undefined;
  return { keys: [next, current, ...old], since: unixNanos(BigInt(since)) };
};

const parseKey = (line: string): CookieKey | undefined => {
  const [, id, digits] = /^([\da-f]{8}) ([\da-f]{64})$/.exec(line) ?? [];
  if (id === undefined || digits === undefined) return undefined;
  const octets = digits.match(/../g) ?? [];
  return { id: Number.parseInt(id, 16), key: Uint8Array.from(octets, (octet) => Number.parseInt(octet, 16)) };
};
