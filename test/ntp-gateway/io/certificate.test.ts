import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { followIdentity, type Identity, readIdentity } from '../../../ntp-gateway/io/certificate.ts';
import { fileFaults } from '../../../ntp-gateway/io/file-faults.ts';
import { SetupError } from '../../../ntp-gateway/io/setup-error.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { watchLog } from '../../support/log-lines.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait-for.ts';

const one = makeCertificate();
const two = makeCertificate({ kind: 'rsa' });
const textOf = (path: string): string => readFileSync(path, 'latin1');

/** Copies, to be spoilt. */
const makePair = (pair = one) => {
  const folder = makeTempDir();
  const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  copyFileSync(pair.certificate, files.certificate);
  copyFileSync(pair.key, files.key);
  return files;
};

describe('a certificate and its key', () => {
  it.each([one, two])('are read', (pair) => {
    expect(readIdentity(pair)).toEqual({ certificate: textOf(pair.certificate), key: textOf(pair.key) });
  });

  it('are read with the chain behind the certificate', () => {
    const files = makePair();
    writeFileSync(files.certificate, textOf(one.certificate) + textOf(one.ca));
    expect(readIdentity(files).certificate).toMatch(
      /(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*){2}$/,
    );
  });

  type Files = ReturnType<typeof makePair>;
  const small = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  it.each([
    [
      'no certificate',
      ({ certificate }: Files) => rmSync(certificate),
      ({ certificate }: Files) => `cannot read the certificate ${certificate}: no such file or directory`,
    ],
    [
      'no key',
      ({ key }: Files) => rmSync(key),
      ({ key }: Files) => `cannot read the key ${key}: no such file or directory`,
    ],
    [
      'a folder',
      ({ certificate }: Files) => {
        rmSync(certificate);
        mkdirSync(certificate);
      },
      ({ certificate }: Files) => `cannot read the certificate ${certificate}: illegal operation on a directory`,
    ],
    [
      'a key that others can read',
      ({ key }: Files) => chmodSync(key, 0o644),
      ({ key }: Files) => `the key ${key} is open to others than its group: chmod 640 ${key}`,
    ],
    [
      'a key that its group can write',
      ({ key }: Files) => chmodSync(key, 0o660),
      ({ key }: Files) => `the key ${key} is open to others than its group: chmod 640 ${key}`,
    ],
    [
      'a certificate that is none',
      ({ certificate }: Files) => writeFileSync(certificate, 'x'),
      ({ certificate }: Files) => `${certificate} holds no certificate in PEM`,
    ],
    [
      'a certificate that is too large',
      ({ certificate }: Files) => writeFileSync(certificate, ' '.repeat(200_000)),
      ({ certificate }: Files) => `${certificate} holds no certificate in PEM`,
    ],
    [
      'a key that is none',
      ({ key }: Files) => writeFileSync(key, textOf(one.certificate)),
      ({ key }: Files) => `${key} holds no private key in PEM without a passphrase`,
    ],
    [
      'a key of something else',
      ({ key }: Files) => writeFileSync(key, small),
      ({ key, certificate }: Files) => `the key ${key} is not that of ${certificate}`,
    ],
    [
      'the files exchanged',
      (files: Files) => {
        renameSync(files.key, `${files.key}.x`);
        renameSync(files.certificate, files.key);
        renameSync(`${files.key}.x`, files.certificate);
        chmodSync(files.key, 0o600);
      },
      ({ certificate }: Files) => `${certificate} holds no certificate in PEM`,
    ],
    [
      'a chain that is broken',
      ({ certificate }: Files) =>
        writeFileSync(
          certificate,
          `${textOf(one.certificate)}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
        ),
      ({ certificate }: Files) => new RegExp(`^TLS does not take ${certificate}: `),
    ],
  ])('are refused with %s, in one line', (_name, spoil, message) => {
    const files = makePair();
    spoil(files);
    const expected = message(files);
    expect(() => readIdentity(files)).toThrow(typeof expected === 'string' ? new SetupError(expected) : expected);
    expect(() => readIdentity(files)).toThrow(SetupError);
  });
});

describe('a renewed certificate', () => {
  /** @param pair - what stands in the files when they are followed. */
  const follow = (pair = one) => {
    const files = makePair(pair);
    const renewed: Identity[] = [];
    const renewal = followIdentity(files, readIdentity(one), (identity) => renewed.push(identity), 20);
    return { files, renewed, look: () => renewal.follow(files), ...renewal };
  };
  const looks = (many: number) => new Promise((resolve) => setTimeout(resolve, 20 * many));

  it('is taken once both files are there, and not before', async () => {
    const { files, renewed, close } = follow();
    await looks(3);
    expect(renewed).toEqual([]);
    copyFileSync(two.certificate, files.certificate);
    copyFileSync(two.key, files.key);
    await waitFor('the second', () => renewed.length === 1);
    expect(renewed).toEqual([readIdentity(two)]);
    await looks(4);
    expect(renewed).toHaveLength(1);
    close();
    copyFileSync(one.certificate, files.certificate);
    copyFileSync(one.key, files.key);
    await looks(4);
    expect(renewed).toHaveLength(1);
  });

  it('is taken at once where someone asks for it', () => {
    const { files, renewed, look, close } = follow();
    look();
    expect(renewed).toEqual([]);
    copyFileSync(two.certificate, files.certificate);
    copyFileSync(two.key, files.key);
    look();
    look();
    expect(renewed).toEqual([readIdentity(two)]);
    close();
  });

  it('that is bad changes nothing, until it is mended', () => {
    const { files, renewed, look, close } = follow();
    copyFileSync(two.certificate, files.certificate);
    look();
    rmSync(files.key);
    look();
    expect(renewed).toEqual([]);
    copyFileSync(two.key, files.key);
    look();
    expect(renewed).toEqual([readIdentity(two)]);
    close();
  });

  it('that is bad is shown, and said once, as is that it is good again, also where it is the one from before', () => {
    const said = watchLog();
    const { files, renewed, look, close } = follow();
    const faultOf = () => fileFaults()[files.certificate];
    writeFileSync(files.certificate, 'half a c');
    for (let looks = 0; looks < 5; looks++) look();
    const fault = `the certificate is not renewed: ${files.certificate} holds no certificate in PEM`;
    expect(faultOf()).toBe(fault);
    copyFileSync(one.certificate, files.certificate);
    for (let looks = 0; looks < 5; looks++) look();
    expect([faultOf(), renewed]).toEqual([undefined, []]);
    expect(said()).toEqual([
      `warn: ${fault}`,
      `info: exchanging keys by the certificate, which is good again, ${files.certificate}`,
    ]);
    rmSync(files.certificate);
    look();
    expect(faultOf()).toContain('no such file');
    close();
    expect(faultOf()).toBeUndefined();
  });

  it('is waited for where the file cannot even be looked at', async () => {
    const { files, renewed, close } = follow();
    rmSync(files.certificate);
    symlinkSync(files.certificate, files.certificate); // as a folder that is closed to us: no "no such file"
    await looks(4);
    rmSync(files.certificate);
    copyFileSync(two.certificate, files.certificate);
    copyFileSync(two.key, files.key);
    await waitFor('the second', () => renewed.length === 1);
    close();
  });

  it('is taken where it was renewed between being read and being followed; the same one is not', () => {
    const { files, renewed, look, close } = follow(two);
    look();
    expect(renewed).toEqual([readIdentity(two)]);
    copyFileSync(two.certificate, files.certificate);
    utimesSync(files.certificate, 1, 1);
    look();
    expect(renewed).toHaveLength(1);
    close();
  });
});
