import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refuse } from '#contract/result.ts';
import { decodeServerList, encodeServerList } from '#contract/roughtime/server-list.ts';
import { base64 } from '#contract/web-platform.ts';

/** RFC 10049, appendix A. */
const EXAMPLE = {
  servers: [
    {
      name: 'example.com Roughtime server',
      version: 1,
      publicKeyType: 'ed25519',
      publicKey: '2O3mkkheDExCuhG+ZNIoWmO/IdCdLzADgUn8SnC4hME=',
      addresses: [
        { protocol: 'udp', address: 'roughtime.example.com:5319' },
        { protocol: 'tcp', address: 'roughtime.example.com:5319' },
      ],
    },
    {
      name: 'A UDP-only server specified with IP addresses',
      version: 1,
      publicKeyType: 'ed25519',
      publicKey: 'ZYfeGa94YuG1IZrV3kR9+8/nmZ2lX2XyHmiSb+wI0OY=',
      addresses: [
        { protocol: 'udp', address: '192.0.2.33:5319' },
        { protocol: 'udp', address: '[2001:db8::2:33]:5319' },
      ],
    },
  ],
  sources: ['https://www.example.net/roughtime/ecosystem.json', 'https://www.example.org/roughtime/ecosystem.json'],
  reports: 'https://www.example.net/roughtime/malfeasance',
};
const [first] = EXAMPLE.servers;
const decode = (json: unknown) => decodeServerList(JSON.stringify(json));

describe('a server list, RFC 10049 §8.3', () => {
  it('is read and written as in appendix A', () => {
    const list = decode(EXAMPLE);
    if (!list.ok) throw new Error(list.detail);
    expect(list.value.servers.map(({ publicKey }) => base64(publicKey))).toEqual(
      EXAMPLE.servers.map(({ publicKey }) => publicKey),
    );
    expect(JSON.parse(encodeServerList(list.value))).toEqual(EXAMPLE);
  });

  it('may say who answers to POST, which is not of the RFC', () => {
    const edge = { name: 'time.example.org', publicKey: EXAMPLE.servers[0]!.publicKey };
    const edgesOf = (edges: unknown) => {
      const list = decode({ servers: [first], edges });
      if (!list.ok) throw new Error(list.detail);
      expect(JSON.parse(encodeServerList(list.value)).edges).toEqual(list.value.edges && edges);
      return list.value.edges;
    };
    for (const url of ['https://time.example.org/roughtime', 'http://127.0.0.1:8787/roughtime'])
      expect(edgesOf([{ ...edge, url }])).toMatchObject([{ name: 'time.example.org', url }]);
    // Whoever means something else by it is not refused for that.
    const others = [
      7,
      null,
      { a: 1 },
      [{ ...edge, url: 'udp://a' }],
      [{ ...edge, url: `https://${'a'.repeat(2048)}` }],
    ];
    for (const edges of others) expect(edgesOf(edges)).toBeUndefined();
  });

  it('may hold keys of a kind to come', () => {
    const later = { ...first, publicKeyType: 'ml-dsa-44', publicKey: 'AAAA' };
    const list = decode({ servers: [later, first] });
    expect(list).toEqual(decode({ servers: [first] }));
    expect(list.ok && list.value.servers).toHaveLength(1);
  });

  it.each([
    { name: 'no servers', json: {}, detail: 'servers' },
    {
      name: 'an older list, which names its version',
      json: { servers: [{ ...first, version: 'IETF-Roughtime' }] },
      detail: 'servers.0.version',
    },
    { name: 'half a key', json: { servers: [{ ...first, publicKey: 'AAAA' }] }, detail: 'servers.0.publicKey' },
    {
      name: 'an address without a port',
      json: { servers: [{ ...first, addresses: [{ protocol: 'udp', address: '::1' }] }] },
      detail: 'servers.0.addresses.0.address',
    },
    {
      name: 'another protocol',
      json: { servers: [{ ...first, addresses: [{ protocol: 'sctp', address: 'a:1' }] }] },
      detail: 'servers.0.addresses.0.protocol',
    },
    { name: 'a source in the clear', json: { ...EXAMPLE, sources: ['http://a.example'] }, detail: 'sources.0' },
    { name: 'reports in the clear', json: { ...EXAMPLE, reports: 'http://a.example' }, detail: 'reports' },
    { name: 'more servers than any', json: { servers: Array.from({ length: 257 }, () => first) }, detail: 'servers' },
  ])('is refused: $name', ({ json, detail }) => {
    expect(decode(json)).toEqual(refuse('malformed', detail));
  });

  it('is never thrown at', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void decodeServerList(text)));
  });
});
