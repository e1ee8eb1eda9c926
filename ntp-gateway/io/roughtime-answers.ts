/** Roughtime requests wait here for those that come with them: one signature answers all (RFC 10049 §5.3). */
import { generateKeyPairSync } from 'node:crypto';
import { answerRequests, type OnlineKey } from '#contract/roughtime/answer.ts';
import { certify, type Delegation } from '#contract/roughtime/certificate.ts';
import { type Admitted, admitRequest, serverId } from '#contract/roughtime/request.ts';
import { PROCESSING, type RoughTime } from '#contract/roughtime/rough-time.ts';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import { between } from '#contract/time.ts';
import { type Bytes, fromBase64url } from '#contract/web-platform.ts';
import { delegate, isInUse, openRoughtimeClock } from '../protocol/roughtime-clock.ts';
import { count } from '../protocol/roughtime-counters.ts';
import type { SigningClocks } from './clocks.ts';

type Reply = (response: Bytes) => void;
export type RoughtimeAnswers = {
  /** Answers a packet, soon, or never. */
  readonly take: (packet: Bytes, reply: Reply) => void;
};

type Waiting = { readonly request: Admitted; readonly reply: Reply };
type Signing = OnlineKey & { readonly delegation: Delegation };

/** The more there are to a signature, the longer the first waits for the last: six hashes of a path are plenty. */
const BATCH = 64;
/** Some 100 ms of work, and 4 MB at most. */
const MOST_WAITING = 1_024;

/** @param lines - of protocol/line-memory.ts. */
export const openRoughtimeAnswers = async (
  longTerm: RoughtimeKey,
  lines: SharedArrayBuffer,
  counters: Float64Array,
  { mono, slept }: SigningClocks,
): Promise<RoughtimeAnswers> => {
  const server = await serverId(longTerm.publicKey);
  const clock = openRoughtimeClock(lines, slept());
  const waiting: Waiting[] = [];
  let isAnswering = false;
  let signing: Signing | undefined;

  const keyFor = async (time: RoughTime): Promise<OnlineKey> => {
    signing = signing && isInUse(signing.delegation, time) ? signing : await newSigning(longTerm, time);
    return signing;
  };

  const answer = async (batch: readonly Waiting[]): Promise<void> => {
    const [since, asleep] = [mono(), slept()];
    const time = clock.at(since, asleep);
    if (!time) return count(counters, 'unsynchronized', batch.length);
    const requests = batch.map(({ request }) => request);
    const responses = await answerRequests(requests, time, await keyFor(time));
    if (slept() - asleep + between(since, mono()) > PROCESSING) return count(counters, 'late', batch.length);
    count(counters, 'answered', batch.length);
    for (const [i, { reply }] of batch.entries()) reply(responses[i]!);
  };

  /** Whoever comes while a batch is answered is in the next. */
  const answerAll = async (): Promise<void> => {
    while (waiting.length > 0) await answer(waiting.splice(0, BATCH));
    isAnswering = false;
  };

  return {
    take: (packet, reply) => {
      count(counters, 'received');
      const request = admitRequest(packet, server);
      if (!request.ok) return count(counters, request.reason);
      if (waiting.length >= MOST_WAITING) return count(counters, 'overloaded');
      waiting.push({ request: request.value, reply });
      if (isAnswering) return;
      isAnswering = true;
      setImmediate(answerAll); // once all that has come in was read
    },
  };
};

/** The private half never leaves this thread's memory, and is gone with it. */
const newSigning = async (longTerm: RoughtimeKey, time: RoughTime): Promise<Signing> => {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = fromBase64url(pair.publicKey.export({ format: 'jwk' }).x!)!; // RFC 8037 §2
  const privateKey = pair.privateKey.toCryptoKey({ name: 'Ed25519' }, false, ['sign']);
  const delegation = delegate(publicKey, time);
  const [first, draft] = await Promise.all([
    certify(delegation, VERSION_1, longTerm.privateKey),
    certify(delegation, DRAFT, longTerm.privateKey),
  ]);
  return { privateKey, delegation, certificates: { [VERSION_1]: first, [DRAFT]: draft } };
};
