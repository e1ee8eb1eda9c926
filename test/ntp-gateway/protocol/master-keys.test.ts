import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unixNanos } from '#contract/time.ts';
import {
  cookieKeysOf,
  encodeMasterKeys,
  type MasterKeys,
  newMasterKeys,
  parseMasterKeys,
  rotate,
} from '../../../ntp-gateway/protocol/master-keys.ts';

const secret = (octet: number): Uint8Array => new Uint8Array(32).fill(octet);
const at = (day: number) => unixNanos(BigInt(day) * 86_400_000_000_000n);

const made = newMasterKeys(0xffff_fffd, [secret(1), secret(2)], at(20_000));
/** After that many rotations; their secrets count on from 3. */
const rotated = (times: number): MasterKeys => {
  let keys = made;
  for (let i = 0; i < times; i++) keys = rotate(keys, secret(3 + i), at(20_001 + i));
  return keys;
};
const secretsOf = (keys: MasterKeys): number[] => cookieKeysOf(keys).map(({ key }) => key[0]!);

describe('the keys of cookies', () => {
  it('seal by the first one that was made, and the next is known', () => {
    expect(cookieKeysOf(made)).toEqual([
      { id: 0xffff_fffd, key: secret(1) },
      { id: 0xffff_fffe, key: secret(2) },
    ]);
  });

  it('come one behind the other: each known before it seals, and seven rotations after', () => {
    expect([0, 1, 2, 7, 8].map((times) => secretsOf(rotated(times)))).toEqual([
      [1, 2],
      [2, 3, 1],
      [3, 4, 2, 1],
      [8, 9, 7, 6, 5, 4, 3, 2, 1],
      [9, 10, 8, 7, 6, 5, 4, 3, 2],
    ]);
    expect(rotated(7).since).toBe(at(20_007));
  });

  it('never bear an id that one before had, also where ids have passed 2^32', () => {
    const ids = Array.from({ length: 20 }, (_, times) => cookieKeysOf(rotated(times))[0]!.id);
    expect(new Set(ids).size).toBe(20);
    expect(ids.slice(0, 5)).toEqual([0xffff_fffd, 0xffff_fffe, 0xffff_ffff, 0, 1]);
  });

  it.each([0, 1, 7, 30])('are read as they were written, after %i rotations', (times) => {
    expect(parseMasterKeys(encodeMasterKeys(rotated(times)))).toEqual(rotated(times));
  });

  it('are written in lines', () => {
    const [one, two] = ['01'.repeat(32), '02'.repeat(32)];
    const lines = ['noonmark NTS keys 1', '1728000000000000000', `fffffffe ${two}`, `fffffffd ${one}`, ''];
    expect(encodeMasterKeys(made)).toBe(lines.join('\n'));
  });

  const whole = encodeMasterKeys(rotated(7));
  const lines = whole.split('\n');
  it.each([
    ['nothing', ''],
    ['another title', whole.replace('keys 1', 'keys 2')],
    ['no time', whole.replace(lines[1]!, '')],
    ['a time before 1970', whole.replace(lines[1]!, '-5')],
    ['one key', `${lines.slice(0, 3).join('\n')}\n`],
    ['a key too many', `${whole}${lines[2]}\n`],
    ['a line without its end', whole.slice(0, -1)],
    ['a digit that is none', whole.replace('0909', '0x09')],
    ['a short key', whole.replace('0909', '09')],
    ['a line of something else', whole.replace(lines[4]!, 'x')],
  ])('are damaged with %s', (_name, text) => {
    expect(parseMasterKeys(text)).toBeUndefined();
  });

  it('are damaged when they are cut anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: encodeMasterKeys(rotated(3)).length - 1 }), (size) => {
        const parsed = parseMasterKeys(encodeMasterKeys(rotated(3)).slice(0, size));
        // at the end of a line it is as if the oldest were gone
        if (parsed) expect(secretsOf(rotated(3)).slice(0, parsed.keys.length)).toEqual(secretsOf(parsed));
      }),
    );
  });
});
