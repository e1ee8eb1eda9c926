/** Whose certificates are believed: the system's authorities, or those of a file. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { readBounded } from './files.ts';
import { attempt, SetupError } from './setup-error.ts';

/** `context` is for TLS 1.3 alone, RFC 8915 §3. */
export type Authorities = { readonly context: SecureContext; readonly certificates: readonly X509Certificate[] };

/** A system's whole store has a quarter of it. */
const MOST_BYTES = 1_000_000;

let system: Authorities | undefined;

/**
 * Node's own list counts only where the system has none, as in a small container: where the operator took an authority
 * away, it must not come back by Node. The store is read once: it takes 0.2 s, in which nothing else happens.
 */
export const systemAuthorities = (): Authorities => {
  const installed = (): readonly string[] => [...new Set(getCACertificates('system'))];
  const bundled = (): readonly string[] => getCACertificates('bundled');
  system ??= authoritiesOf([installed(), bundled()].find(({ length }) => length > 0) ?? []);
  return system;
};

/**
 * Read each time, so that it can be renewed.
 *
 * @throws SetupError where it cannot be read, or holds none.
 */
export const authoritiesIn = (path: string): Authorities => {
  const pem = attempt(`read ${path}`, () => readBounded(path, MOST_BYTES))?.toString('latin1') ?? '';
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return authoritiesOf(blocks);
  } catch {} // not certificates
  throw new SetupError(`${path} holds no certificates in PEM`);
};

const authoritiesOf = (ca: readonly string[]): Authorities => ({
  context: createSecureContext({ ca: [...ca], minVersion: 'TLSv1.3' }),
  certificates: ca.map((pem) => new X509Certificate(pem)),
});
