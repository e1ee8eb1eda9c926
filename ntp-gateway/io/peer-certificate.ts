/** Whether the server at the other end of a TLS connection is the one that was meant. */
import { X509Certificate } from 'node:crypto';
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { RELEASED } from '#contract/released.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { type UnixNanos, unixMillis } from '#contract/time.ts';
import type { VerifyChain } from '#native/certificate-chain.ts';
import type { CertificateRefusal } from '../protocol/authentication.ts';
import type { ClockReading } from '../protocol/server-state.ts';

export type Validity = { readonly earliest: UnixNanos; readonly latest: UnixNanos };

/** `isRelaxed`: that it is out of date was overlooked, since nobody knows the time yet. */
export type Believed = { readonly validity: Validity; readonly isRelaxed: boolean };

/** Of OpenSSL: the certificate's, or one's on the way to the authority. */
const TIME_FAULTS = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
/** In characters. */
const LONGEST_DETAIL = 200;

/**
 * @param socket - connected with `rejectUnauthorized: false`.
 * @param time - by our own clock, where it has one: the host's may be wrong.
 */
export const judgeCertificate = (
  socket: TLSSocket,
  name: string,
  authorities: readonly X509Certificate[],
  time: ClockReading | undefined,
  verifyChain: VerifyChain | undefined,
): Result<Believed, CertificateRefusal> => {
  const [fault, peer] = [
    socket.authorized ? undefined : `${socket.authorizationError}`,
    socket.getPeerCertificate(true),
  ];
  const chain = chainOf(peer, authorities);
  // Node names the last fault of several: what it calls expired may be anybody's.
  if (fault !== undefined && !TIME_FAULTS.includes(fault)) return refuse('certificate-untrusted', fault);
  if (fault !== undefined && !verifyChain) {
    return refuse('certificate-time', `${fault} by the host’s clock, and no OpenSSL here to look past it`);
  }
  const other = fault === undefined ? undefined : verifyChain?.(octetsOf(chain), octetsOf(authorities));
  if (other !== undefined) return refuse('certificate-untrusted', `${other}, and ${fault}`);
  const wrongName = checkServerIdentity(name, peer);
  if (wrongName) return refuse('certificate-name', printable(wrongName.message));

  const validity = validityOf(chain);
  const mayHold = time === undefined ? validity.latest >= RELEASED : holds(validity, time.time);
  if (!mayHold || validity.latest < validity.earliest) return refuse('certificate-time', textOf(validity));
  return ok({ validity, isRelaxed: time === undefined && fault !== undefined });
};

/** A name or a date in a stranger's certificate may be such that Node throws. */
export const judgeSafely = <Reason extends string>(
  socket: TLSSocket,
  judge: (socket: TLSSocket) => Result<Believed, Reason>,
): Result<Believed, Reason | 'certificate-untrusted'> => {
  try {
    return judge(socket);
  } catch (error) {
    return refuse('certificate-untrusted', (error as NodeJS.ErrnoException).code);
  }
};

/**
 * From the server's certificate to the first authority that vouches for one: servers send more, such as an authority's
 * certificate by an older one, which may have expired.
 */
const chainOf = (
  peer: DetailedPeerCertificate,
  authorities: readonly X509Certificate[],
): readonly X509Certificate[] => {
  const chain: X509Certificate[] = [];
  for (let at: DetailedPeerCertificate | undefined = peer; at?.raw; at = at.issuerCertificate) {
    const certificate = new X509Certificate(at.raw);
    if (chain.some((earlier) => earlier.raw.equals(certificate.raw))) break; // an authority is its own issuer
    chain.push(certificate);
    const issuers = authorities.filter((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey));
    const [issuer] = issuers.sort((a, b) => b.validToDate.getTime() - a.validToDate.getTime());
    if (issuer) return issuer.raw.equals(certificate.raw) ? chain : [...chain, issuer];
  }
  return chain;
};

/** A stranger's names are in it, and it is for terminals. */
const printable = (text: string): string => text.slice(0, LONGEST_DETAIL).replace(/[^ -~]/g, '?');

const octetsOf = (certificates: readonly X509Certificate[]): readonly Uint8Array[] =>
  certificates.map(({ raw }) => raw);

const validityOf = (chain: readonly X509Certificate[]): Validity => ({
  earliest: unixMillis(Math.max(...chain.map(({ validFromDate }) => validFromDate.getTime()))),
  latest: unixMillis(Math.min(...chain.map(({ validToDate }) => validToDate.getTime()))),
});

const holds = ({ earliest, latest }: Validity, time: UnixNanos): boolean => earliest <= time && time <= latest;

const textOf = ({ earliest, latest }: Validity): string => `valid from ${isoOf(earliest)} to ${isoOf(latest)}`;

const isoOf = (time: UnixNanos): string => new Date(Number(time / 1_000_000n)).toISOString();
