/** What becomes of the time that an NTS request takes: the cryptography piece by piece, on operands as large as a real one's. */
import type { Engine } from '#native/cryptography/engine.ts';
import { loadNettle } from '#native/cryptography/nettle.ts';
import { loadOpenssl } from '#native/cryptography/openssl.ts';
import { portable } from '#native/cryptography/portable.ts';
import { cryptographyOf } from '#native/cryptography.ts';
import { openCookie, writeCookie } from '../../../ntp-gateway/protocol/nts-cookie.ts';
import { AES_SIV_CMAC_256, TAG_SIZE } from '../../../ntp-gateway/wire/nts.ts';
import { moveChildrenToAnswering } from '../cores.ts';
import { alternate, type Figure, median } from '../figures.ts';
import type { Length } from '../server/measure.ts';
import { startOursWithNts, startOursWithoutNettle } from './contestants.ts';
import { askRecorded, PLAIN, recordSiv } from './load.ts';

/** Of a request of 228 octets: all before its authenticator is associated. Its reply has 84 of those, and seals a cookie. */
const [REQUEST, ASSOCIATED, COOKIE] = [0, 188, 100];
const [REPLY, ANSWERED, COOKIE_FIELD] = [512, 84, 104];
const [NONCE, NONCE_SIZE] = [1024, 16];
const [COOKIE_AT, FRESH, TAG, KEYS, RESULT] = [1088, 1216, 1344, 1408, 1536];
const MEMORY = 2048;
const [OF_COOKIES, OF_REQUEST, OF_REPLY] = [0, 1, 2];
const KEY_ID = 1;

type Part = readonly [name: string, run: () => void];

/** A key is set and used in one part: OpenSSL and the portable engine do what a new key takes when it is first used. */
const partsOf = (engine: Engine): readonly Part[] => {
  const cryptography = cryptographyOf([engine, portable])(MEMORY, 3, 0);
  const { setKey, seal, open, octets } = cryptography;
  crypto.getRandomValues(octets);
  for (const context of [OF_COOKIES, OF_REQUEST, OF_REPLY]) setKey(context, AES_SIV_CMAC_256, KEYS);
  writeCookie(cryptography, OF_COOKIES, KEY_ID, AES_SIV_CMAC_256, KEYS, COOKIE_AT);
  seal(OF_REQUEST, NONCE, NONCE_SIZE, REQUEST, ASSOCIATED, TAG, 0, TAG);
  const mustBeAuthentic = (isAuthentic: boolean): void => {
    if (!isAuthentic) throw new Error(`${engine.name}: not authentic`);
  };
  return [
    ['cookie opened', () => mustBeAuthentic(openCookie(cryptography, OF_COOKIES, COOKIE_AT, COOKIE, RESULT))],
    [
      'C2S set, request verified',
      () => {
        setKey(OF_REQUEST, AES_SIV_CMAC_256, KEYS);
        mustBeAuthentic(open(OF_REQUEST, NONCE, NONCE_SIZE, REQUEST, ASSOCIATED, TAG, TAG_SIZE, RESULT));
      },
    ],
    ['fresh cookie sealed', () => void writeCookie(cryptography, OF_COOKIES, KEY_ID, AES_SIV_CMAC_256, KEYS, FRESH)],
    [
      'S2C set, reply sealed',
      () => {
        setKey(OF_REPLY, AES_SIV_CMAC_256, KEYS);
        seal(OF_REPLY, NONCE, NONCE_SIZE, REPLY, ANSWERED, FRESH, COOKIE_FIELD, RESULT);
      },
    ],
  ];
};

const AT_ONCE = 100;
const LEAST_MICROS = 50_000;

/** µs of a processor that a run takes, in batches until they have taken a while. */
const microsOf = (run: () => void): number => {
  const from = process.cpuUsage();
  for (let done = 0; ; ) {
    for (let i = 0; i < AT_ONCE; i++) run();
    done += AT_ONCE;
    const { user, system } = process.cpuUsage(from);
    if (user + system > LEAST_MICROS) return (user + system) / done;
  }
};

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

export const benchParts = async ({ seconds, rounds }: Length): Promise<readonly Figure[]> => {
  const [nettle, openssl] = [loadNettle(), loadOpenssl()];
  if (!nettle || !openssl) throw new Error('this machine has no libnettle, or Node has no OpenSSL in it');
  const measured = [nettle, openssl, portable].map((engine) => {
    const parts = partsOf(engine);
    const found = parts.map(() => [] as number[]);
    for (let round = 0; round <= rounds; round++) {
      for (const [i, [, run]] of parts.entries()) found[i]!.push(microsOf(run));
    }
    return found.map(median);
  });
  const names = partsOf(portable).map(([name]) => name);
  const [byNettle, byOpenssl, byNoble] = measured as [number[], number[], number[]];

  await using ours = await startOursWithNts();
  await using slower = await startOursWithoutNettle();
  await moveChildrenToAnswering();
  const found = await alternate(rounds, {
    plain: askRecorded(ours, PLAIN, seconds),
    nettle: askRecorded(ours, await recordSiv(ours), seconds),
    openssl: askRecorded(slower, await recordSiv(slower), seconds),
  });
  const costOf = (rounds: (typeof found)[keyof typeof found]) => median(rounds.map(({ cpuMicros }) => cpuMicros));
  const [plain, whole, wholeByOpenssl] = [costOf(found.plain), costOf(found.nettle), costOf(found.openssl)];
  const row = (name: string, ours: number, theirs: number): Figure => ({
    name: `NTS request, ${name}`,
    unit: 'µs',
    ours,
    peer: { name: 'OpenSSL', value: theirs },
  });
  const [all, allByOpenssl, allByNoble] = measured.map(sumOf) as [number, number, number];
  return [
    row('kernel and engine, as for a plain one', plain, plain),
    ...names.map((name, i) => row(name, byNettle[i]!, byOpenssl[i]!)),
    row('parsing, copying and the rest', whole - plain - all, wholeByOpenssl - plain - allByOpenssl),
    row('in all', whole, wholeByOpenssl),
    ...names.map((name, i) => ({ name: `portable, ${name}`, unit: 'µs', ours: byNoble[i]! })),
    { name: 'portable, those in all', unit: 'µs', ours: allByNoble },
  ];
};
