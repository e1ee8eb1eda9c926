/** A server's long-term key vouches for another, which signs times for a while (RFC 10049 §5.2.6). */
import { ok, type Result, refuse } from '../result.ts';
import type { Bytes, CryptoKeyLike } from '../web-platform.ts';
import { readUint64, uint64 } from './integers.ts';
import { ANY_SIZE, decodeMessage, encodeMessage, readValues } from './message.ts';
import { isSigned, KEY_BYTES, SIGNATURE_BYTES, sign } from './signature.ts';
import type { Version } from './versions.ts';

/** The key that signs, and the whole Unix seconds from and until when, both included. */
export type Delegation = { readonly publicKey: Bytes; readonly from: bigint; readonly until: bigint };

/** @returns the value of CERT. Each version has its own, since the context of the signature differs. */
export const certify = async (
  { publicKey, from, until }: Delegation,
  version: Version,
  longTerm: CryptoKeyLike,
): Promise<Bytes> => {
  const dele = encodeMessage({ PUBK: publicKey, MINT: uint64(from), MAXT: uint64(until) });
  return encodeMessage({ SIG: await sign(version, 'delegation', dele, longTerm), DELE: dele });
};

/** @param longTerm - the public key that the caller trusts. */
export const openCertificate = async (
  certificate: Bytes,
  version: Version,
  longTerm: Bytes,
): Promise<Result<Delegation, 'malformed' | 'bad-certificate'>> => {
  const cert = decodeMessage(certificate);
  if (!cert.ok) return cert;
  const outer = readValues(cert.value, { SIG: SIGNATURE_BYTES, DELE: ANY_SIZE });
  if (!outer.ok) return outer;
  const { SIG, DELE } = outer.value;
  const dele = decodeMessage(DELE);
  if (!dele.ok) return dele;
  const inner = readValues(dele.value, { PUBK: KEY_BYTES, MINT: 8, MAXT: 8 });
  if (!inner.ok) return inner;
  const { PUBK, MINT, MAXT } = inner.value;
  if (!(await isSigned(version, 'delegation', DELE, SIG, longTerm))) return refuse('bad-certificate');
  return ok({ publicKey: PUBK, from: readUint64(MINT), until: readUint64(MAXT) });
};
