import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { beforeAll, describe, expect, it } from 'vitest';
import { openVerifyChain } from '#native/certificate-chain.ts';
import { makeCertificate, type TestCertificate } from '../support/certificate.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const verify = openVerifyChain()!;
const oldestError = koffi.load(null).func('unsigned long ERR_peek_error()');

const derOf = (path: string): Uint8Array => new X509Certificate(readFileSync(path)).raw;

const UNTRUSTED = 'unable to get local issuer certificate';

const [EXPIRED, EARLY] = [
  { from: '2021-01-01T00:00:00Z', to: '2021-12-31T23:59:59Z' },
  { from: '2090-01-01T00:00:00Z', to: '2090-12-31T23:59:59Z' },
];

describe('a server that an authority signed for', () => {
  const made: { server?: TestCertificate; early?: TestCertificate; other?: TestCertificate } = {};
  beforeAll(() => {
    made.server = makeCertificate({ names: ['chain.test'], ...EXPIRED });
    made.early = makeCertificate({ names: ['chain.test'], ...EARLY });
    made.other = makeCertificate({ names: ['chain.test'], authority: 'another' });
  });

  it.each(['server', 'early'] as const)('is trusted whatever the time, and by no other authority: %s', (which) => {
    const { certificate, ca } = made[which]!;
    expect(verify([derOf(certificate)], [derOf(ca)])).toBe(undefined);
    expect(verify([derOf(certificate)], [derOf(made.other!.ca)])).toBe(UNTRUSTED);
    expect(verify([derOf(certificate)], [])).toBe(UNTRUSTED);
  });

  it('may bring its authority along, which makes it none of ours', () => {
    const { certificate, ca } = made.server!;
    const chain = [derOf(certificate), derOf(ca)];
    expect(verify(chain, [derOf(ca)])).toBe(undefined);
    expect(verify(chain, [derOf(made.other!.ca)])).toBe('self-signed certificate in certificate chain');
  });

  it('is refused with another signature', () => {
    const { certificate, ca } = made.server!;
    const altered = Uint8Array.from(derOf(certificate));
    altered[altered.length - 1]! ^= 1;
    expect(verify([altered], [derOf(ca)])).toBe('certificate signature failure');
  });
});

describe('a server of an intermediate authority', () => {
  const folder = makeTempDir();
  const IS_CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];
  const FOR_SERVERS = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=serverAuth'];

  const issue = (
    name: string,
    issuer: string | undefined,
    days: number,
    extensions: readonly string[],
    kind = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ): void => {
    const by = issuer === undefined ? [] : ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`];
    const addings = extensions.flatMap((extension) => ['-addext', extension]);
    const key = ['-newkey', ...kind, '-nodes', '-keyout', `${name}.key`];
    const out = ['-subj', `/CN=${name}`, '-days', `${days}`, '-out', `${name}.crt`];
    execFileSync('openssl', ['req', '-x509', ...key, ...by, ...addings, ...out], { cwd: folder, stdio: 'pipe' });
  };
  const certificates = (...names: string[]): Uint8Array[] => names.map((name) => derOf(join(folder, `${name}.crt`)));

  beforeAll(() => {
    issue('root', undefined, 300, IS_CA);
    issue('middle', 'root', 100, IS_CA);
    issue('server', 'middle', 200, FOR_SERVERS);
    issue('client', 'middle', 200, ['basicConstraints=CA:FALSE', 'extendedKeyUsage=clientAuth']);
    issue('weak', 'middle', 200, FOR_SERVERS, ['rsa:1024']);
    issue('impostor', 'root', 200, FOR_SERVERS);
    issue('victim', 'impostor', 200, FOR_SERVERS);
  });

  it.each([
    { chain: ['server', 'middle'], outcome: undefined },
    { chain: ['server', 'impostor', 'middle'], outcome: undefined },
    { chain: ['server'], outcome: UNTRUSTED },
    { chain: ['victim', 'impostor'], outcome: 'invalid CA certificate' },
    { chain: ['client', 'middle'], outcome: 'unsuitable certificate purpose' },
    { chain: ['weak', 'middle'], outcome: 'EE certificate key too weak' },
  ])('$chain: $outcome', ({ chain, outcome }) => {
    expect(verify(certificates(...chain), certificates('root'))).toBe(outcome);
  });
});

describe('what is no chain', () => {
  it.each([
    { name: 'no certificate', chain: [] },
    { name: 'malformed', chain: [Uint8Array.of()] },
    { name: 'malformed', chain: [new Uint8Array(4000)] },
    { name: 'malformed', chain: [Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)] },
  ])('is $name', ({ name, chain }) => {
    expect(verify(chain, [])).toBe(name);
    // OpenSSL keeps its errors in a list of its own, where others of this process look for theirs.
    expect(oldestError()).toBe(0);
  });
});
