/** What a client checks before it believes a response: RFC 10049 §5.4, and what follows from §5.1 to §5.3. */

import type { Verified } from '../jws.ts';
import { ok, type Result, refuse } from '../result.ts';
import type { Bytes } from '../web-platform.ts';
import { openCertificate } from './certificate.ts';
import { leafOf, rootOf } from './merkle.ts';
import { decodeRequest } from './request.ts';
import { decodeResponse, decodeSignedTime } from './response.ts';
import type { RoughTime } from './rough-time.ts';
import { isEqual, isSigned } from './signature.ts';
import { bestVersion } from './versions.ts';

export type ResponseFault =
  /** Request or response is none, or is longer than any. */
  | 'malformed'
  | 'too-long'
  | 'not-a-request'
  | 'not-a-response'
  /** It answers another request. */
  | 'other-nonce'
  /** Its version was not asked for. */
  | 'other-version'
  /** Its version is not among those that the server says it speaks. */
  | 'unlisted-version'
  /** Server and client both speak a better one: somebody in between took it out of the request. */
  | 'downgrade'
  /** Nobody's clock is that good. */
  | 'no-radius'
  /** The long-term key did not vouch for the key that signed. */
  | 'bad-certificate'
  /** By its own time that key was not to sign yet, or no longer. */
  | 'outside-delegation'
  | 'bad-signature'
  | 'path-too-long'
  /** A place that the tree does not have. */
  | 'bad-index'
  /** The path does not lead from this request to what was signed. */
  | 'bad-root';

/**
 * @param request - the packet that was sent, byte by byte.
 * @param longTerm - the server's public key, which the caller trusts.
 * @returns the time that was when the server was answering. A refusal says nothing about the server: anybody can send bytes.
 */
export const verifyResponse = async (
  response: Bytes,
  request: Bytes,
  longTerm: Bytes,
): Promise<Result<Verified<RoughTime>, ResponseFault>> => {
  const asked = decodeRequest(request);
  if (!asked.ok) return asked;
  const answer = decodeResponse(response);
  if (!answer.ok) return answer;
  const { nonce, path, index, srep, signature, certificate } = answer.value;
  const signed = decodeSignedTime(srep);
  if (!signed.ok) return signed;
  const { version: stated, versions, time, root } = signed.value;

  if (!isEqual(nonce, asked.value.nonce)) return refuse('other-nonce');
  const version = bestVersion(asked.value.versions, [stated]);
  if (!version) return refuse('other-version');
  if (!versions.includes(version)) return refuse('unlisted-version');
  if (version !== bestVersion(asked.value.versions, versions)) return refuse('downgrade');
  if (time.radius === 0) return refuse('no-radius');

  const delegation = await openCertificate(certificate, version, longTerm);
  if (!delegation.ok) return delegation;
  const { publicKey, from, until } = delegation.value;
  if (time.midpoint < from || time.midpoint > until) return refuse('outside-delegation');
  if (!(await isSigned(version, 'response', srep, signature, publicKey))) return refuse('bad-signature');

  const reached = await rootOf(await leafOf(request), index, path);
  if (!reached.ok) return reached;
  return isEqual(reached.value, root) ? ok(time as Verified<RoughTime>) : refuse('bad-root');
};
