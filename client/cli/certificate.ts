/** Whether who ends a TLS connection is who was meant, by certificates whose dates this host's clock may misjudge. */
import { checkServerIdentity, getCACertificates, rootCertificates, type TLSSocket } from 'node:tls';
import { refuse } from '#contract/result.ts';
import type { CertificateRefusal } from '../http-get.ts';

export type CertificateFault = { readonly ok: false; readonly reason: CertificateRefusal; readonly detail?: string };

/** Of OpenSSL: the certificate's, or one's on the way to the authority. Node names the last fault of several. */
const TIME_FAULTS = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

/**
 * @param socket - connected with `rejectUnauthorized: false`; nothing has been sent over it yet.
 * @param isPinned - a gateway's key decides who is believed: then a certificate that is out of date, and has no other fault,
 *   is let pass.
 * @param ca - authorities in PEM, in place of Node's own.
 * @returns what is wrong, with a text that holds nothing of the certificate's own.
 */
export const faultOf = async (
  socket: TLSSocket,
  host: string,
  isPinned: boolean,
  ca: string | undefined,
): Promise<CertificateFault | undefined> => {
  if (socket.authorized) return undefined;
  const fault = `${socket.authorizationError}`;
  if (fault === WRONG_NAME) return refuse('certificate-name', fault);
  if (!TIME_FAULTS.includes(fault)) return refuse('certificate-untrusted', fault);
  if (!isPinned)
    return refuse(
      'certificate-time',
      `${fault} by the clock of this host; with --gateway-key that alone does not matter`,
    );
  const native = await import('#native/certificate-chain.ts').catch(() => undefined);
  const verify = native?.openVerifyChain();
  if (!verify)
    return refuse('certificate-time', `${fault} by the clock of this host, and no koffi here to look past it`);
  if (checkServerIdentity(host, socket.getPeerCertificate())) return refuse('certificate-name', WRONG_NAME);
  const other = verify(chainOf(socket), authorities(ca).map(derOf));
  return other === undefined ? undefined : refuse('certificate-untrusted', other);
};

const chainOf = (socket: TLSSocket): readonly Uint8Array[] => {
  const chain: Uint8Array[] = [];
  let at = socket.getPeerCertificate(true);
  const seen = new Set<typeof at>();
  for (; at?.raw && !seen.has(at); at = at.issuerCertificate) {
    seen.add(at); // an authority is its own issuer
    chain.push(at.raw);
  }
  return chain;
};

/** `getCACertificates` came with Node 22.15; it knows NODE_EXTRA_CA_CERTS as well. */
const authorities = (ca: string | undefined): readonly string[] =>
  ca === undefined ? (getCACertificates?.('default') ?? rootCertificates) : certificatesIn(ca);

export const certificatesIn = (pem: string): readonly string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];

const derOf = (pem: string): Uint8Array => Buffer.from(pem.replace(/-----[^-]*-----/g, ''), 'base64');
