/** Signs what this edge says, with a key that gateways vouch for. */
import { intervalOf } from '#contract/read-answer.ts';
import { ok, type Result } from '#contract/result.ts';
import { MOST_VOUCHERS, signAnswer } from '#contract/signed-answer.ts';
import type { TimeAnswer } from '#contract/time-answer.ts';
import type { FindSigning } from './signing-key.ts';

/** @param origin - where the caller asked. */
export type Sign = (answer: TimeAnswer, origin: string) => Promise<Result<string, 'no-time'>>;

export const createSigner =
  (findSigning: FindSigning): Sign =>
  async (answer, origin) => {
    const signing = await findSigning(answer, origin, intervalOf(answer));
    if (!signing.ok) return signing;
    const { key, delegations } = signing.value;
    const words = delegations.slice(0, MOST_VOUCHERS).map(({ jws }) => jws);
    return ok(await signAnswer(answer, words, key));
  };
