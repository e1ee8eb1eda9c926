import { describe, expect, it } from 'vitest';
import {
  isHost,
  isLoopback,
  parseEndpoint,
  parseOrigin,
  parsePublicAddress,
} from '../../../ntp-gateway/config/addresses.ts';

const label = 'a'.repeat(63);

describe('a host', () => {
  it.each([
    'a',
    'time.example.org',
    'time.example.org.',
    'xn--bcher-kva.example',
    '_ntp.example',
    '3com.com',
    '192.0.2.10',
    '2001:db8::1',
    '::1',
    'fe80::1%eth0',
    `${label}.${label}.${label}.${'a'.repeat(61)}`,
  ])('%s', (text) => {
    expect(isHost(text)).toBe(true);
  });

  it.each([
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'a b',
    'a/b',
    'bücher.example',
    'time.example.org:123',
    '[::1]',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.010.1',
    '0x7f.1.1.1.1',
    '1',
    ':::1',
    'a\n',
    `${label}a`,
    `${label}.${label}.${label}.${label}`,
  ])('%j is none', (text) => {
    expect(isHost(text)).toBe(false);
  });
});

describe('a public address', () => {
  it.each(['time.example.org:5319', '192.0.2.1:1', '[2001:db8::1]:65535'])('%s', (text) => {
    expect(parsePublicAddress(text)).toBe(text);
  });

  it.each([
    '',
    'time.example.org',
    'time.example.org:0',
    'time.example.org:65536',
    '2001:db8::1:5319',
    '[time.example.org]:5319',
    '[192.0.2.1]:5319',
    '[fe80::1%eth0]:5319', // RFC 10049 §8.3
    '192.0.2:5319',
    'udp://time.example.org:5319',
    'a b:1',
  ])('%j is none', (text) => {
    expect(parsePublicAddress(text)).toBeUndefined();
  });
});

describe('an endpoint', () => {
  it.each([
    ['0.0.0.0:123', '0.0.0.0', 123],
    ['127.0.0.1:65535', '127.0.0.1', 65_535],
    ['[::]:123', '::', 123],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
  ])('%s', (text, host, port) => {
    expect(parseEndpoint(text)).toEqual({ host, port });
  });

  it.each([
    '',
    '123',
    ':123',
    '*:123',
    '0.0.0.0',
    '0.0.0.0:',
    '0.0.0.0:0',
    '0.0.0.0:65536',
    '::1:123',
    '[::1]',
    '[127.0.0.1]:1',
    '[]:1',
    'localhost:1',
    '127.1:1',
    ' 127.0.0.1:1',
  ])('"%s" is none', (text) => {
    expect(parseEndpoint(text)).toBeUndefined();
  });
});

describe('an origin', () => {
  it.each([
    ['https://time.example.org', 'https://time.example.org'],
    ['https://time.example.org/', 'https://time.example.org'],
    ['HTTPS://Time.Example.ORG:443', 'https://time.example.org'],
    ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
    ['http://[::1]:8787', 'http://[::1]:8787'],
  ])('%s is %s', (text, origin) => {
    expect(parseOrigin(text)).toBe(origin);
  });

  it.each([
    '',
    'time.example.org',
    'https://',
    'ftp://a',
    'ws://a',
    'https://a/b',
    'https://a?b',
    'https://a#',
    'https://user@a',
    'https://a!b',
    `https://${'a'.repeat(256)}`,
  ])('"%s" is none', (text) => {
    expect(parseOrigin(text)).toBeUndefined();
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.1', false],
    ['fe80::1', false],
  ])('%s: %s', (address, isLoop) => {
    expect(isLoopback(address)).toBe(isLoop);
  });
});
