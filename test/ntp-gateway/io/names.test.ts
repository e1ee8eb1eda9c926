import { describe, expect, it } from 'vitest';
import { referenceIdOf, resolve, takeTurns, worthAsking } from '../../../ntp-gateway/io/names.ts';

describe('names', () => {
  it.each([
    // RFC 5905 §7.3: the four octets of an IPv4 address; of an IPv6 address the first four of its MD5.
    { address: '192.0.2.10', id: 0xc000020a },
    { address: '127.0.0.1', id: 0x7f000001 },
    // hashlib.md5(ipaddress.ip_address("2001:db8::1").packed) in Python
    { address: '2001:db8::1', id: 0x39ab9b37 },
  ])('$address is known by its reference id', ({ address, id }) => {
    expect(referenceIdOf(address)).toBe(id);
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['fe80:0::1%lo', 'fe80::1%lo'],
    ['192.0.2.10', '192.0.2.10'],
  ])('writes %s as the kernel will name the sender of its replies: %s', async (written, canonical) => {
    expect((await resolve(written)).map(({ address }) => address)).toEqual([canonical]);
  });

  it('asks hosts alone, each once, and no more than 32 of them', () => {
    const hosts = ['192.0.2.1', '127.0.0.1', '10.0.0.1', '2001:db8::1', 'fe80::1%lo'];
    expect(worthAsking(hosts)).toEqual(hosts);
    expect(worthAsking(['0.0.0.0', '::', '255.255.255.255', '224.0.1.1', 'ff02::101'])).toEqual([]);
    expect(worthAsking(['192.0.2.1', '192.0.2.2', '192.0.2.1'])).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(worthAsking(Array.from({ length: 5_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`))).toHaveLength(32);
  });

  it('takes an address as it is, and says nothing for a name that does not resolve', async () => {
    expect(await resolve('::1')).toEqual([{ address: '::1', referenceId: referenceIdOf('::1') }]);
    expect(await resolve('nowhere.invalid')).toEqual([]); // RFC 6761 §6.4
  });
});

it('DNS that is silent is asked for two names at once, the others wait their turn', async () => {
  const inTurn = takeTurns(2);
  const [begun, open]: [string[], Map<string, (found: boolean) => void>] = [[], new Map()];
  const ask = (name: string): Promise<string> =>
    inTurn(
      () =>
        new Promise<string>((resolve, reject) => {
          begun.push(name);
          open.set(name, (found) => (found ? resolve(name) : reject(new Error(name))));
        }),
    );
  const answers = Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(ask));
  const after = async (name: string, found: boolean): Promise<string> => {
    open.get(name)!(found);
    await new Promise((resolve) => setImmediate(resolve));
    return begun.join('');
  };
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun.join('')).toBe('ab');
  expect(await after('b', false)).toBe('abc'); // one that fails makes room as well
  expect(await after('c', true)).toBe('abcd');
  expect(await after('a', true)).toBe('abcde');
  await after('d', true);
  await after('e', true);
  expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', ...Array(3).fill('fulfilled')]);
  expect(await Promise.all([inTurn(async () => 1), inTurn(async () => 2), inTurn(async () => 3)])).toEqual([1, 2, 3]);
});
