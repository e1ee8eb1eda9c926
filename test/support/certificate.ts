/** Certificates as a test wants them, made by the openssl command: each once, and gone when the test process ends. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { makeTempDir } from './temp-dir.ts';

/** Paths of PEM files: the server's pair, and the authority that signed it. */
export type TestCertificate = { readonly certificate: string; readonly key: string; readonly ca: string };

export type CertificateOptions = {
  /** DNS names and addresses that it is for. */
  readonly names?: readonly string[];
  readonly kind?: keyof typeof KINDS;
  /** ISO 8601, to the second: when it is valid. The authority is from 2000 to 2100. */
  readonly from?: string;
  readonly to?: string;
  /** One with another name is another authority, which signs by a key of its own. */
  readonly authority?: string;
};

const KINDS = {
  ecdsa: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-newkey', 'rsa:2048'],
} as const;

const CONFIG = `[ca]
default_ca = authority
[authority]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = any
`;

const made = new Map<string, TestCertificate>();
const authorities = new Map<string, string>();

export const makeCertificate = (options: CertificateOptions = {}): TestCertificate => {
  const word = JSON.stringify(options);
  const earlier = made.get(word);
  if (earlier) return earlier;
  const { names = ['localhost', '127.0.0.1', '::1'], kind = 'ecdsa', authority = 'authority' } = options;
  const { from = '2020-01-01T00:00:00Z', to = '2099-01-01T00:00:00Z' } = options;
  const folder = folderOf(authority);
  const files = filesIn(folder, `server-${made.size}`);
  const alternatives = names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join();
  request(folder, files, kind, [`subjectAltName=${alternatives}`]);
  sign(folder, files, from, to);
  const fresh = { certificate: files.certificate, key: files.key, ca: files.ca };
  made.set(word, fresh);
  return fresh;
};

/** The authority's folder; made where it is new. */
const folderOf = (authority: string): string => {
  const earlier = authorities.get(authority);
  if (earlier !== undefined) return earlier;
  const folder = makeTempDir();
  authorities.set(authority, folder);
  writeFileSync(join(folder, 'openssl.cnf'), CONFIG);
  writeFileSync(join(folder, 'index'), '');
  const files = { ...filesIn(folder, 'ca'), subject: authority };
  request(folder, files, 'ecdsa', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign']);
  sign(folder, files, '2000-01-01T00:00:00Z', '2100-01-01T00:00:00Z');
  return folder;
};

type Files = TestCertificate & { readonly request: string; readonly subject: string };

const filesIn = (folder: string, subject: string): Files => ({
  certificate: join(folder, `${subject}.crt`),
  key: join(folder, `${subject}.key`),
  request: join(folder, `${subject}.csr`),
  ca: join(folder, 'ca.crt'),
  subject,
});

const request = (folder: string, files: Files, kind: keyof typeof KINDS, extensions: readonly string[]): void => {
  const subject = ['-subj', `/CN=noonmark ${files.subject}`];
  const addings = extensions.flatMap((extension) => ['-addext', extension]);
  const out = ['-nodes', '-keyout', files.key, '-out', files.request];
  openssl(folder, ['req', '-new', ...KINDS[kind], ...subject, ...addings, ...out, '-config', 'openssl.cnf']);
};

const sign = (folder: string, files: Files, from: string, to: string): void => {
  const when = ['-startdate', asn1Time(from), '-enddate', asn1Time(to)];
  const by = [
    '-keyfile',
    join(folder, 'ca.key'),
    ...(files.certificate === files.ca ? ['-selfsign'] : ['-cert', files.ca]),
  ];
  const inOut = ['-in', files.request, '-out', files.certificate, '-notext'];
  openssl(folder, ['ca', '-batch', '-config', 'openssl.cnf', ...when, ...by, ...inOut]);
};

/** GeneralizedTime: `YYYYMMDDhhmmssZ`. */
const asn1Time = (iso: string): string => iso.replaceAll(/[-:T]/g, '');

const openssl = (cwd: string, args: readonly string[]): void => {
  execFileSync('openssl', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
};
