/** A chain as servers send it: their certificate, an intermediate authority's, and the root's by a root from before it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from './temp-dir.ts';

/** Days from now until each ends. */
const DAYS = { server: 60, intermediate: 30, root: 90, old: 2, cross: 1 } as const;
type Name = keyof typeof DAYS;

const AUTHORITY = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n';

/** @returns the server's certificate, for localhost, with what it sends besides; its key; and each certificate alone. */
export const makeCertificateChain = (): { certificate: string; key: string; path: (name: Name) => string } => {
  const folder = makeTempDir();
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const request = (name: Name): void =>
    openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
  const sign = (name: Name, by: readonly string[], of: Name = name): void => {
    writeFileSync(path('extensions'), name === 'server' ? 'subjectAltName=DNS:localhost\n' : AUTHORITY);
    openssl(
      'x509',
      '-req',
      '-in',
      `${of}.csr`,
      ...by,
      '-days',
      `${DAYS[name]}`,
      '-extfile',
      'extensions',
      '-out',
      `${name}.crt`,
    );
  };
  const by = (authority: Name): readonly string[] => [
    '-CA',
    `${authority}.crt`,
    '-CAkey',
    `${authority}.key`,
    '-CAcreateserial',
  ];
  for (const name of ['root', 'old'] as const) {
    request(name);
    sign(name, ['-signkey', `${name}.key`]);
  }
  sign('cross', by('old'), 'root');
  request('intermediate');
  sign('intermediate', by('root'));
  request('server');
  sign('server', by('intermediate'));
  const sent = ['server', 'intermediate', 'cross'].map((name) => readFileSync(path(`${name}.crt`)));
  writeFileSync(path('sent.crt'), Buffer.concat(sent));
  return { certificate: path('sent.crt'), key: path('server.key'), path: (name) => path(`${name}.crt`) };
};
