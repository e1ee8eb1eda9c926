import { spawnSync } from 'node:child_process';
import { type CipherCCM, type CipherCCMOptions, createCipheriv, createHash } from 'node:crypto';
import { aessiv } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import type { Engine, MacAlgorithm } from '#native/cryptography/engine.ts';
import { allocateNativeBlock } from '#native/cryptography/native-block.ts';
import type { Operand } from '#native/cryptography/native-call.ts';
import { loadNettle } from '#native/cryptography/nettle.ts';
import { loadOpenssl } from '#native/cryptography/openssl.ts';
import { findAeadCalls, openAead } from '#native/cryptography/openssl-aead.ts';
import { findMacCalls, openMac } from '#native/cryptography/openssl-mac.ts';
import { portable } from '#native/cryptography/portable.ts';
import { cryptographyOf, openCryptography } from '#native/cryptography.ts';
import type { Cryptography, OpenCryptography } from '../../ntp-gateway/protocol/cryptography.ts';
import { hex } from '../support/hex.ts';
import { findNewerNettle } from '../support/peers.ts';
import { AEAD_VECTORS, RFC_5297 } from './aead-vectors.ts';

const SIV = 15;
const GCM_SIV = 30;
const SIZE = 4096;
const [KEY, NONCE, ASSOCIATED, FROM, SEALED, TO] = [0, 64, 128, 1024, 2048, 3072];

const openssl = koffi.load(null);
const oldestError = openssl.func('unsigned long ERR_peek_error()');
const engines: Engine[] = [loadNettle(), loadOpenssl(), portable].filter((engine) => engine !== undefined);
/** Debian 12's lacks AES-128-GCM-SIV. */
const newerNettle = findNewerNettle();
const newer = newerNettle === undefined ? undefined : loadNettle(newerNettle);
const contestants: readonly (readonly [string, Cryptography])[] = [
  ...engines.map((engine) => [engine.name, engine] as const),
  ...(newer ? [['a newer nettle', newer] as const] : []),
].map(([name, engine]) => [name, cryptographyOf([engine, portable])(SIZE, 4, 4)]);
const opened = contestants.map(([, crypto]) => crypto);

type Sealing = {
  readonly algorithm: 15 | 30;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly associated: Uint8Array;
  readonly plain: Uint8Array;
};

const write = ({ octets, setKey }: Cryptography, { algorithm, key, nonce, associated, plain }: Sealing): void => {
  octets.fill(0xa5);
  octets.set(key, KEY);
  octets.set(nonce, NONCE);
  octets.set(associated, ASSOCIATED);
  octets.set(plain, FROM);
  setKey(1, algorithm, KEY);
};
const seal = (crypto: Cryptography, sealing: Sealing): Uint8Array => {
  write(crypto, sealing);
  const { nonce, associated, plain } = sealing;
  const once = (): Uint8Array => {
    crypto.octets.fill(0xa5, SEALED - 16, TO);
    crypto.seal(1, NONCE, nonce.length, ASSOCIATED, associated.length, FROM, plain.length, SEALED);
    return crypto.octets.slice(SEALED - 16, TO);
  };
  const first = once();
  for (let i = 0; i < 2; i++) expect(once()).toEqual(first); // a key serves more than one message
  const around = [first.subarray(0, 16), first.subarray(16 + plain.length + 16)];
  for (const part of around) expect(part.every((octet) => octet === 0xa5)).toBe(true);
  return first.slice(16, 16 + plain.length + 16);
};
const open = (crypto: Cryptography, sealing: Sealing, sealed: Uint8Array): Uint8Array | undefined => {
  write(crypto, sealing);
  crypto.octets.set(sealed, SEALED);
  const { nonce, associated } = sealing;
  const once = (): boolean =>
    crypto.open(1, NONCE, nonce.length, ASSOCIATED, associated.length, SEALED, sealed.length, TO);
  const isAuthentic = once();
  expect(oldestError()).toBe(0); // where others of this process look for theirs
  for (let i = 0; i < 2; i++) expect(once()).toBe(isAuthentic);
  expect(crypto.octets[TO - 1]).toBe(0xa5);
  expect(crypto.octets[TO + sealed.length - 16]).toBe(0xa5);
  return isAuthentic ? crypto.octets.slice(TO, TO + sealed.length - 16) : undefined;
};

const digest = (crypto: Cryptography, algorithm: MacAlgorithm, secret: Uint8Array, message: Uint8Array): Uint8Array => {
  crypto.setSecret(1, algorithm, secret);
  crypto.octets.set(message, FROM);
  expect(crypto.digest(1, FROM, message.length, SEALED)).toBe(crypto.digest(1, FROM, message.length, TO));
  const size = crypto.digest(1, FROM, message.length, TO);
  expect(crypto.octets.slice(SEALED, SEALED + size)).toEqual(crypto.octets.slice(TO, TO + size));
  return crypto.octets.slice(TO, TO + size);
};

const octets = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const sealings: fc.Arbitrary<Sealing> = fc.oneof(
  fc.record({
    algorithm: fc.constant<15>(SIV),
    key: octets(32),
    nonce: octets(1, 40),
    associated: octets(0, 300),
    plain: octets(0, 300),
  }),
  fc.record({
    algorithm: fc.constant<30>(GCM_SIV),
    key: octets(16),
    nonce: octets(12),
    associated: octets(0, 300),
    plain: octets(0, 300),
  }),
);

it('is what the gateway takes', () => {
  const open: OpenCryptography = openCryptography;
  expect(open(64, 1, 1).engine).toBe(engines[0]?.name);
});

describe('of the libraries', () => {
  const canLoad = (library: string): boolean => {
    try {
      return koffi.load(library) !== undefined;
    } catch {
      return false;
    }
  };

  it('each is found that this machine has', () => {
    expect(loadOpenssl()?.name).toBe('openssl'); // Node's own
    expect(loadNettle() !== undefined).toBe(canLoad('libnettle.so.8'));
  });

  it.each(['libnettle-is-not-here.so.8', 'libc.so.6'])('nettle is not taken from %s', (library) => {
    expect(loadNettle(library)).toBeUndefined();
  });
});

it('has no algorithm where no engine has it, and frees each MAC’s memory once', () => {
  let held = 0;
  const counting: Engine = {
    ...portable,
    openMac: (algorithm, block, secret) => {
      const mac = algorithm === 'md5' ? undefined : portable.openMac(algorithm, block, secret);
      if (mac) held++;
      return mac && { ...mac, free: () => void held-- };
    },
  };
  const crypto = cryptographyOf([counting])(64, 0, 2);
  expect(() => crypto.setSecret(0, 'md5', hex('00'))).toThrow(RangeError);
  for (const context of [0, 1, 0, 0]) crypto.setSecret(context, 'sha1', hex('00'));
  expect(held).toBe(2);
  crypto.free();
  expect(held).toBe(0);
});

describe.each(RFC_5297)('RFC 5297 $source, which has another number of components', ({ plain, sealed, ...row }) => {
  const key = hex(row.key);
  const components = row.components.map(hex);

  it('is what the portable engine is built on', () => {
    expect(aessiv(key, ...components).encrypt(hex(plain))).toEqual(hex(sealed));
  });

  it('is what OpenSSL does', () => {
    const options = { authTagLength: 16 } as CipherCCMOptions; // @types/node knows modes by name, and not this one
    const cipher = createCipheriv('aes-128-siv', key, null, options) as CipherCCM;
    for (const component of components) cipher.setAAD(component, { plaintextLength: 0 });
    const text = Buffer.concat([cipher.update(hex(plain)), cipher.final()]);
    expect(Buffer.concat([cipher.getAuthTag(), text])).toEqual(Buffer.from(hex(sealed)));
  });
});

/** Seals each as python3-cryptography does; undefined where it has no such algorithm. */
const sealByPython = (algorithm: 'AESSIV' | 'AESGCMSIV', rows: readonly Sealing[]): Uint8Array[] | undefined => {
  const call = algorithm === 'AESSIV' ? 'encrypt(plain, [associated, nonce])' : 'encrypt(nonce, plain, associated)';
  const program = `import sys
from cryptography.hazmat.primitives.ciphers.aead import ${algorithm}
for line in sys.stdin:
    key, nonce, associated, plain = (bytes.fromhex(word) for word in line.rstrip("\\n").split(","))
    print(${algorithm}(key).${call}.hex())`;
  const input = rows.map(({ key, nonce, associated, plain }) =>
    [key, nonce, associated, plain].map((part) => Buffer.from(part).toString('hex')).join(),
  );
  const { status, stdout } = spawnSync('python3', ['-c', program], { input: input.join('\n'), encoding: 'utf8' });
  return status === 0 ? stdout.trimEnd().split('\n').map(hex) : undefined;
};

describe('python3-cryptography, which nobody here wrote', () => {
  it.for([
    ['AESSIV', SIV],
    ['AESGCMSIV', GCM_SIV],
  ] as const)('agrees about %s', ([name, algorithm], { skip }) => {
    // It takes no message of no octets.
    const rows = fc.sample(sealings, 100).filter((row) => row.algorithm === algorithm && row.plain.length > 0);
    const sealed = sealByPython(name, rows);
    if (sealed === undefined) return skip();
    for (const crypto of opened) expect(rows.map((row) => seal(crypto, row))).toEqual(sealed);
  });
});

describe('every engine', () => {
  it('seals as all others do, and opens it', () => {
    fc.assert(
      fc.property(sealings, (sealing) => {
        const [first, ...others] = opened.map((crypto) => seal(crypto, sealing));
        for (const other of others) expect(other).toEqual(first);
        for (const crypto of opened) expect(open(crypto, sealing, first!)).toEqual(sealing.plain);
      }),
    );
  });

  it('opens nothing of which one bit was altered, anywhere', () => {
    fc.assert(
      fc.property(sealings, fc.nat(), (sealing, at) => {
        const { key, nonce, associated } = sealing;
        // SIV's second half of a key only hides what is sealed: of nothing at all, it changes nothing.
        const parts = [key.slice(0, 16), nonce, associated, seal(opened[0]!, sealing)].map((part) =>
          Uint8Array.from(part),
        );
        const octet = Math.floor(at / 8) % parts.reduce((sum, { length }) => sum + length, 0);
        let before = 0;
        for (const part of parts) {
          if (octet >= before && octet < before + part.length) part[octet - before]! ^= 1 << (at % 8);
          before += part.length;
        }
        const [half, n, a, s] = parts as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
        const k = Uint8Array.of(...half, ...key.subarray(16));
        for (const crypto of opened)
          expect(open(crypto, { ...sealing, key: k, nonce: n, associated: a }, s)).toBe(undefined);
      }),
    );
  });

  it('digests as node:crypto does', () => {
    const messages = fc.record({
      algorithm: fc.constantFrom('md5' as const, 'sha1' as const, 'sha256' as const),
      secret: octets(0, 100),
      message: octets(0, 300),
    });
    fc.assert(
      fc.property(messages, ({ algorithm, secret, message }) => {
        const expected = createHash(algorithm).update(secret).update(message).digest();
        for (const crypto of opened)
          expect(digest(crypto, algorithm, secret, message)).toEqual(Uint8Array.from(expected));
      }),
    );
  });
});

describe('OpenSSL, where one of its functions fails', () => {
  it('for want of an algorithm, leaves it to the next engine', () => {
    const [aeads, macs] = [findAeadCalls(openssl), findMacCalls(openssl)];
    const none = 'no such algorithm';
    expect(openAead({ ...aeads, fetch: () => aeads.fetch(null, none, null) }, SIV, make(), 1)).toBeUndefined();
    expect(oldestError()).toBe(0);
    for (const algorithm of ['md5', 'aes-128-cmac'] as const) {
      const without = {
        ...macs,
        fetchHash: () => macs.fetchHash(null, none, null),
        fetchMac: () => macs.fetchMac(null, none, null),
      };
      expect(openMac(without, algorithm, make(), new Uint8Array(16))).toBeUndefined();
      expect(oldestError()).toBe(0);
    }
  });

  const make = () => {
    const block = allocateNativeBlock(SIZE);
    block.octets.fill(0x5a);
    return block;
  };

  it.each([
    { name: 'begin', algorithm: SIV },
    { name: 'copy', algorithm: SIV },
    { name: 'control', algorithm: SIV },
    { name: 'begin', algorithm: GCM_SIV },
    { name: 'update', algorithm: GCM_SIV },
    { name: 'finish', algorithm: GCM_SIV },
    { name: 'control', algorithm: GCM_SIV },
  ] as const)(
    'in $name of AEAD $algorithm, no message is sealed or opened by the key before',
    ({ name, algorithm }) => {
      let outcome: number | undefined;
      const calls = findAeadCalls(openssl);
      const failing = { ...calls, [name]: (...operands: Operand[]) => outcome ?? calls[name](...operands) };
      const block = make();
      const aead = openAead(failing, algorithm, block, 1)!;
      const sealOnce = (): void => aead.seal(0, NONCE, 12, ASSOCIATED, 8, FROM, 20, SEALED);
      const openOnce = (): boolean => aead.open(0, NONCE, 12, ASSOCIATED, 8, SEALED, 36, TO);
      aead.setKey(0, KEY);
      for (let i = 0; i < 2; i++) sealOnce();
      for (let i = 0; i < 2; i++) expect(openOnce()).toBe(true);
      if (name === 'begin') aead.setKey(0, KEY);
      for (outcome of [0, -1]) {
        expect(sealOnce).toThrow('OpenSSL does not seal');
        expect(openOnce()).toBe(false);
      }
      aead.free();
    },
  );

  it.each([
    { name: 'copyHash', algorithm: 'sha256' },
    { name: 'updateHash', algorithm: 'sha256' },
    { name: 'finishHash', algorithm: 'sha256' },
    { name: 'beginMac', algorithm: 'aes-128-cmac' },
    { name: 'updateMac', algorithm: 'aes-128-cmac' },
    { name: 'finishMac', algorithm: 'aes-128-cmac' },
  ] as const)('in $name of $algorithm, no digest of an earlier message is taken for this one’s', (row) => {
    const { name, algorithm } = row;
    let outcome: number | undefined;
    const calls = findMacCalls(openssl);
    const failing = { ...calls, [name]: (...operands: Operand[]) => outcome ?? calls[name](...operands) };
    const mac = openMac(failing, algorithm, make(), new Uint8Array(16))!;
    mac.digest(FROM, 20, TO);
    for (outcome of [0, -1]) expect(() => mac.digest(FROM, 20, TO)).toThrow('OpenSSL does not digest');
    mac.free();
  });
});

const MESSAGE = `6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
  30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`;
const CMACS = [
  {
    algorithm: 'aes-128-cmac',
    source: 'RFC 4493 §4',
    key: '2b7e1516 28aed2a6 abf71588 09cf4f3c',
    digests: {
      0: 'bb1d6929 e9593728 7fa37d12 9b756746',
      16: '070a16b4 6b4d4144 f79bdd9d d04a287c',
      40: 'dfa66747 de9ae630 30ca3261 1497c827',
      64: '51f0bebf 7e3b9d92 fc497417 79363cfe',
    },
  },
  {
    algorithm: 'aes-256-cmac',
    source: 'NIST SP 800-38B D.3',
    key: '603deb10 15ca71be 2b73aef0 857d7781 1f352c07 3b6108d7 2d9810a3 0914dff4',
    digests: {
      0: '028962f6 1b7bf89e fc6b551f 4667d983',
      16: '28a7023f 452e8f82 bd4bf28d 8c37c35c',
      40: 'aaf3d8f1 de5640c2 32f5b169 b9c911e6',
      64: 'e1992190 549f6ed5 696a2c05 6c315410',
    },
  },
] as const;

describe.each(contestants)('%s', (_, crypto) => {
  it.each(AEAD_VECTORS)('$source', ({ algorithm, ...row }) => {
    const [key, nonce, associated, plain] = [row.key, row.nonce, row.associated, row.plain].map(hex);
    const sealing = { algorithm, key: key!, nonce: nonce!, associated: associated!, plain: plain! };
    const sealed = seal(crypto, sealing);
    expect(Buffer.from(sealed).toString('hex')).toBe(Buffer.from(hex(row.sealed)).toString('hex'));
    expect(open(crypto, sealing, sealed)).toEqual(plain);
  });

  it.each(
    CMACS.flatMap(({ digests, ...of }) => Object.entries(digests).map(([length, mac]) => ({ ...of, length, mac }))),
  )('$algorithm of $length octets, $source', ({ algorithm, key, length, mac }) => {
    expect(digest(crypto, algorithm, hex(key), hex(MESSAGE).subarray(0, Number(length)))).toEqual(hex(mac));
  });

  it('keeps its contexts apart, and takes new keys', () => {
    const { octets, setKey } = crypto;
    octets.fill(0);
    octets.set(hex('ff'), KEY);
    const sealed = (context: number): string => {
      crypto.seal(context, NONCE, 12, ASSOCIATED, 8, FROM, 20, SEALED);
      return Buffer.from(octets.subarray(SEALED, SEALED + 36)).toString('hex');
    };
    setKey(0, SIV, KEY);
    setKey(1, GCM_SIV, KEY);
    setKey(2, SIV, KEY + 32);
    const first = [sealed(0), sealed(1), sealed(2)];
    expect(new Set(first).size).toBe(3);
    for (let i = 0; i < 3; i++) expect([sealed(0), sealed(1), sealed(2)]).toEqual(first);
    setKey(0, GCM_SIV, KEY);
    setKey(1, SIV, KEY + 32);
    setKey(2, SIV, KEY);
    expect([sealed(1), sealed(2), sealed(0)]).toEqual([first[2], first[0], first[1]]);
  });

  it('opens nothing shorter than a tag, and nothing under a nonce that the algorithm does not know', () => {
    crypto.setKey(0, SIV, KEY);
    for (const length of [0, 1, 15]) expect(crypto.open(0, NONCE, 16, ASSOCIATED, 8, SEALED, length, TO)).toBe(false);
    expect(crypto.open(0, NONCE, 0, ASSOCIATED, 8, SEALED, 32, TO)).toBe(false);
    crypto.setKey(0, GCM_SIV, KEY);
    for (const length of [0, 11, 13, 16])
      expect(crypto.open(0, NONCE, length, ASSOCIATED, 8, SEALED, 32, TO)).toBe(false);
  });

  it('touches nothing beyond its block', () => {
    crypto.setKey(0, SIV, KEY);
    crypto.setSecret(0, 'sha256', hex('00'));
    for (const act of [
      () => crypto.setKey(0, SIV, SIZE - 16),
      () => crypto.seal(0, SIZE, 16, ASSOCIATED, 8, FROM, 16, SEALED),
      () => crypto.seal(0, NONCE, 16, ASSOCIATED, SIZE, FROM, 16, SEALED),
      () => crypto.seal(0, NONCE, 16, ASSOCIATED, 8, -4, 16, SEALED),
      () => crypto.seal(0, NONCE, 16, ASSOCIATED, 8, FROM, 16, SIZE - 16),
      () => crypto.seal(0, NONCE + 2, 16, ASSOCIATED, 8, FROM, 16, SEALED),
      () => crypto.seal(0, NONCE, 16, ASSOCIATED, -4, FROM, 16, SEALED),
      () => crypto.seal(0, NONCE, 16, ASSOCIATED, 8, FROM, Number.NaN, SEALED),
      () => crypto.open(0, NONCE, 16, ASSOCIATED, 8, Number.NaN, 32, TO),
      () => crypto.open(0, NONCE, 16, ASSOCIATED, 8, SEALED, SIZE, TO),
      () => crypto.open(0, NONCE, 16, ASSOCIATED, 8, SEALED, 64, SIZE - 16),
      () => crypto.digest(0, FROM, SIZE, TO),
      () => crypto.digest(0, FROM, 8, SIZE - 16),
      () => crypto.setKey(4, SIV, KEY),
      () => crypto.setSecret(4, 'md5', hex('00')),
      () => crypto.seal(3, NONCE, 12, ASSOCIATED, 8, FROM, 16, SEALED), // which has no key
      () => crypto.open(3, NONCE, 12, ASSOCIATED, 8, FROM, 16, SEALED),
    ])
      expect(act).toThrow(RangeError);
    expect(() => crypto.setSecret(0, 'aes-128-cmac', hex('00'))).toThrow(RangeError);
  });
});
