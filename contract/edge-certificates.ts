/**
 * A gateway's word for an edge key once more, in the form of Roughtime: handed over beside the delegation, and of the same key and
 * time. Roughtime knows no origin, so the long-term key is the gateway's for that one origin.
 */
import * as v from 'valibot';
import type { Delegation } from './delegation.ts';
import { publicKey } from './fields.ts';
import { ok, type Result, refuse } from './result.ts';
import { certify, type Delegation as Dele, openCertificate } from './roughtime/certificate.ts';
import { address } from './roughtime/server-list.ts';
import type { RoughtimeKey } from './roughtime/signature.ts';
import { DRAFT, VERSION_1, VERSIONS, type Version } from './roughtime/versions.ts';
import { type Bytes, base64url, fromBase64url } from './web-platform.ts';

/** With SIG and DELE, and PUBK, MINT and MAXT in that, and nothing else: a response with it has one length. */
const CERTIFICATE_BYTES = 152;

/** Two are spoken, and some are to come. */
const MOST_VERSIONS = 4;
export const MOST_ADDRESSES = 4;

/** To be opened by itself; what is wrong with one is no fault of the sample, nor is a version that is not known here. */
export const edgeCertificates = v.object({
  /** The `x` of the edge key's JWK, as in the delegation. */
  edgeKey: publicKey,
  /** The same of the gateway's long-term key for this origin. */
  longTermKey: publicKey,
  /** The value of CERT by version, in base64url. */
  certificates: v.pipe(
    v.record(v.pipe(v.string(), v.regex(/^\d{1,10}$/)), v.pipe(v.string(), v.maxLength(256))),
    v.maxEntries(MOST_VERSIONS),
  ),
  /** The gateway's own Roughtime server, where others can reach it by UDP and TCP: for the edge to list. */
  server: v.exactOptional(
    v.object({
      longTermKey: publicKey,
      addresses: v.pipe(v.array(address), v.minLength(1), v.maxLength(MOST_ADDRESSES)),
    }),
  ),
});

export type EdgeCertificates = Readonly<v.InferOutput<typeof edgeCertificates>>;
export type OwnServer = NonNullable<EdgeCertificates['server']>;

/** Opened, each for its version. */
export type OnlineCertificates = {
  readonly longTermKey: Bytes;
  readonly certificates: Readonly<Record<Version, Bytes>>;
};

export type CertificateRefusal = 'malformed' | 'bad-certificate' | 'unknown-edge-key' | 'outside-delegation';

const SECOND = 1_000_000_000n;

/** The whole seconds that lie in the delegation's time, which is what MINT and MAXT can say of it. */
const deleOf = ({ edgeKey, validFromUnixNs, validUntilUnixNs }: Delegation): Dele => ({
  publicKey: fromBase64url(edgeKey)!, // which `Delegation` has looked at
  from: (validFromUnixNs + SECOND - 1n) / SECOND,
  until: validUntilUnixNs / SECOND,
});

/** @param longTerm - for the delegation's origin alone; the own server has another. */
export const certifyDelegation = async (
  delegation: Delegation,
  { publicKey, privateKey }: RoughtimeKey,
  server?: OwnServer,
): Promise<EdgeCertificates> => {
  const signed = VERSIONS.map(async (version) => {
    const certificate = await certify(deleOf(delegation), version, privateKey);
    return [version, base64url(certificate)] as const;
  });
  const certificates = Object.fromEntries(await Promise.all(signed));
  const { edgeKey } = delegation;
  return { edgeKey, longTermKey: base64url(publicKey), certificates, ...(server && { server }) };
};

/**
 * @returns `malformed`, with the version that is missing or no certificate · `bad-certificate`, not by that long-term key ·
 *   `unknown-edge-key` · `outside-delegation`, unless it says the same as the delegation, of the same seconds.
 */
export const openEdgeCertificates = async (
  given: EdgeCertificates,
  delegation: Delegation,
): Promise<Result<OnlineCertificates, CertificateRefusal>> => {
  const longTermKey = fromBase64url(given.longTermKey)!;
  const said = deleOf(delegation);
  const open = async (version: Version): Promise<Result<Bytes, CertificateRefusal>> => {
    const certificate = fromBase64url(given.certificates[version] ?? '');
    if (certificate?.length !== CERTIFICATE_BYTES) return refuse('malformed', `${version}`);
    const opened = await openCertificate(certificate, version, longTermKey);
    if (!opened.ok) return opened;
    const { publicKey, from, until } = opened.value;
    if (base64url(publicKey) !== delegation.edgeKey) return refuse('unknown-edge-key');
    return from === said.from && until === said.until ? ok(certificate) : refuse('outside-delegation');
  };
  const first = await open(VERSION_1);
  if (!first.ok) return first;
  const draft = await open(DRAFT);
  if (!draft.ok) return draft;
  return ok({ longTermKey, certificates: { [VERSION_1]: first.value, [DRAFT]: draft.value } });
};
