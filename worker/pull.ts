/** One question to a gateway that can be reached: contract/pulled-time.ts. */
import type { GatewayKeys } from '#contract/gateway-keys.ts';
import type { Verified } from '#contract/jws.ts';
import {
  MAX_PULLED_LENGTH,
  openPulledTime,
  type PulledTime,
  type PullRefusal,
  questionUrl,
} from '#contract/pulled-time.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { readBounded } from './bounded-body.ts';

/** Where a gateway is asked, and by which name of this edge it knows who asks: both as its samples say. */
export type PullFrom = { readonly url: string; readonly aud: string };

/** What became of a question that brought nothing. */
export const PULL_FAILURES = [
  /** No answer came, or not in time. */
  'unreachable',
  /** Another status than 200: a gateway that does not know the time, or a stranger's page. */
  'refused',
  'too-large',
  'malformed',
  'unknown-key',
  'bad-signature',
  'wrong-audience',
  'wrong-nonce',
  /** Its time came through this edge. */
  'loop',
  /** Our own did, meanwhile. */
  'clock-jumped',
] as const satisfies readonly (PullRefusal | string)[];
export type PullFailure = (typeof PULL_FAILURES)[number];

/** @returns the gateway's word about an instant between the call and the return. */
export type AskGateway = (gateway: string, from: PullFrom) => Promise<Result<Verified<PulledTime>, PullFailure>>;

/** How long an answer is waited for: one that takes longer would hardly narrow anything. */
export const LONGEST_WAIT_MS = 2_000;

export type AskPorts = {
  /** The platform's. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Of 16 to 64 characters of base64url, which nobody can guess. */
  readonly nonce: () => string;
  readonly gatewayKeys: () => Promise<GatewayKeys>;
};

export const createAskGateway =
  ({ fetch, nonce, gatewayKeys }: AskPorts): AskGateway =>
  async (gateway, { url, aud }) => {
    const question = { gateway, origin: aud, nonce: nonce() };
    const body = await read(fetch, questionUrl(url, question));
    return body.ok ? openPulledTime(fromUtf8(body.value) ?? '', await gatewayKeys(), question) : body;
  };

const read = async (
  fetch: AskPorts['fetch'],
  url: string,
): Promise<Result<Uint8Array, 'unreachable' | 'refused' | 'too-large'>> => {
  try {
    const response = await fetch(url, {
      headers: { Accept: 'application/jose' },
      redirect: 'manual', // the gateway has signed where to ask, and nowhere else
      signal: AbortSignal.timeout(LONGEST_WAIT_MS),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return refuse('refused');
    }
    const body = await readBounded(response, MAX_PULLED_LENGTH);
    return body ? ok(body) : refuse('too-large');
  } catch {
    return refuse('unreachable');
  }
};
