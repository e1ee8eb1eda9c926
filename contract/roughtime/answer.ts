/** Requests answered in batches: one signed time for all, and for each its way to the signed root (RFC 10049 §5.2, §5.3). */
import type { Bytes, CryptoKeyLike } from '../web-platform.ts';
import { growTree, leafOf, pathFrom } from './merkle.ts';
import type { Admitted } from './request.ts';
import { encodeResponse, encodeSignedTime } from './response.ts';
import type { RoughTime } from './rough-time.ts';
import { sign } from './signature.ts';
import { VERSIONS, type Version } from './versions.ts';

/** The key that signs times, and for each version the long-term key's word for it: the value of CERT. */
export type OnlineKey = {
  readonly privateKey: CryptoKeyLike;
  readonly certificates: Readonly<Record<Version, Bytes>>;
};

/** The way through a tree of so many is 18 hashes, and a response with it shorter than any request that is admitted. */
export const MAX_BATCH = 2 ** 18;

const answerVersion = async (
  version: Version,
  requests: readonly Admitted[],
  time: RoughTime,
  { privateKey, certificates }: OnlineKey,
): Promise<Bytes[]> => {
  const tree = await growTree(await Promise.all(requests.map(({ packet }) => leafOf(packet))));
  const srep = encodeSignedTime({ version, versions: VERSIONS, time, root: tree.root });
  const signature = await sign(version, 'response', srep, privateKey);
  const certificate = certificates[version];
  return requests.map(({ nonce }, index) =>
    encodeResponse({ nonce, path: pathFrom(tree, index), index, srep, signature, certificate }),
  );
};

/**
 * The version is part of what is signed, so each that is asked for takes a tree and a signature of its own.
 *
 * @param requests - at most `MAX_BATCH`.
 * @param time - holds from the first request's arrival until the last response has left, within the key's delegation.
 * @returns the responses in the order of the requests, none longer than its request (§9.7).
 */
export const answerRequests = async (
  requests: readonly Admitted[],
  time: RoughTime,
  key: OnlineKey,
): Promise<Bytes[]> => {
  if (requests.length > MAX_BATCH) throw new RangeError(`${requests.length} requests in one batch`);
  const responses = new Map<Admitted, Bytes>();
  for (const version of VERSIONS) {
    const batch = requests.filter((request) => request.version === version);
    if (batch.length === 0) continue;
    for (const [i, response] of (await answerVersion(version, batch, time, key)).entries())
      responses.set(batch[i]!, response);
  }
  return requests.map((request) => responses.get(request)!);
};
