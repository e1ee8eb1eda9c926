/**
 * Servers asked one after the other (RFC 10049 §8.2). The nonce of each request depends on the response before it, so that
 * the order can be proven to others; and times that go back, beyond what their radii allow, prove that a server lied.
 */

import type { Verified } from '../jws.ts';
import { ok, type Result, refuse } from '../result.ts';
import type { Bytes } from '../web-platform.ts';
import { decodeRequest } from './request.ts';
import type { RoughTime } from './rough-time.ts';
import { hash, isEqual } from './signature.ts';
import { type ResponseFault, verifyResponse } from './verification.ts';

export type Link = {
  /** 32 bytes of dice, of which and of the response before the nonce was made; the first link may have none. */
  readonly rand: Bytes | undefined;
  /** The long-term key of the server that was asked. */
  readonly publicKey: Bytes;
  readonly request: Bytes;
  readonly response: Bytes;
};

/** @param rand - 32 bytes of dice, others for each request. */
export const nextNonce = (previousResponse: Bytes, rand: Bytes): Promise<Bytes> => hash(previousResponse, rand);

/** Which two links contradict each other: the earlier one is certainly later than the later one. */
export type Contradiction = readonly [earlier: number, later: number];

/** @param times - in the order in which they were received. Each pair is looked at. */
export const contradictions = (times: readonly RoughTime[]): Contradiction[] =>
  times.flatMap((later, j) =>
    times.slice(0, j).flatMap((earlier, i): Contradiction[] => {
      const isCausal = earlier.midpoint - BigInt(earlier.radius) <= later.midpoint + BigInt(later.radius);
      return isCausal ? [] : [[i, j]];
    }),
  );

/**
 * @returns the times, in order; or the first fault, with the index of its link. `broken-chain`: the nonce was not made of the
 *   response before, so that the order proves nothing.
 */
export const verifyChain = async (
  links: readonly Link[],
): Promise<Result<Verified<RoughTime>[], ResponseFault | 'broken-chain'>> => {
  const times: Verified<RoughTime>[] = [];
  for (const [i, { rand, publicKey, request, response }] of links.entries()) {
    const time = await verifyResponse(response, request, publicKey);
    if (!time.ok) return refuse(time.reason, `link ${i}`);
    const previous = links[i - 1];
    if (previous) {
      const asked = decodeRequest(request);
      const nonce = rand && (await nextNonce(previous.response, rand));
      if (!asked.ok || !nonce || !isEqual(asked.value.nonce, nonce)) return refuse('broken-chain', `link ${i}`);
    }
    times.push(time.value);
  }
  return ok(times);
};
