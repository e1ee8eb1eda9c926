/** The Durable Object, kept in memory: what it keeps and tells is decided by the real code, at the instant of the call. */
import type { Verified } from '#contract/jws.ts';
import { ok } from '#contract/result.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { createClockName } from '../../worker/clock-name.ts';
import type { Settings } from '../../worker/env.ts';
import type { Knowledge, Post, Receipt } from '../../worker/keeper.ts';
import type { Kept } from '../../worker/kept.ts';
import { onlyGiven } from '../../worker/reading-nonce.ts';
import { afterRefusal, keep, SUSPICIONS, type Suspicion } from '../../worker/timekeeper.ts';

/** @param clock - the object's, in whole ms. It may run late. */
export const createMemoryObject = (
  { rules, gatewayKeys }: Pick<Settings, 'rules' | 'gatewayKeys'>,
  clock: () => number,
) => {
  let lives = 0;
  const kept = new Map<string, Kept>();
  const suspicions = new Map<string, Suspicion>();
  const secret = new Uint8Array(32);
  const edge = { keys: [], secrets: new Map(), refusals: {} };
  const live = () => createClockName(() => `object-${lives++}`, rules.objectLag / 1e6);
  let nameAt = live();
  const read = () => {
    const objectUnixMs = clock();
    return { object: nameAt(objectUnixMs), objectUnixMs };
  };

  const tell = (): Knowledge => ({
    ...read(),
    exchanges: [],
    gatewayKeys,
    chains: {},
    gateways: [...kept.values()],
    suspicions: new Map(suspicions),
    edge,
    cacheSecret: new Uint8Array(32).fill(lives),
  });

  const receive = async (sha256: string, sample: Verified<TimeSample>, post: Post): Promise<Receipt> => {
    const answered = await onlyGiven(sample.readings, secret);
    const ours = read();
    const arrival = { ...post, ...ours, sample, sha256, answered };
    const known = [...kept.values()];
    const next = keep(known, arrival, rules);
    const suspicion = next.ok ? undefined : SUSPICIONS.find((word) => word === next.reason);
    const left = next.ok ? next.value : afterRefusal(next.reason, known, arrival, rules);
    if (left) kept.set(sample.gateway, left);
    if (next.ok) suspicions.delete(sample.gateway);
    else if (suspicion) suspicions.set(sample.gateway, suspicion);
    return {
      reading: next.ok ? ok({ sampleSha256: sha256, ...ours, secret }) : next,
      isNews: next.ok || suspicion !== undefined,
      place: kept.get(sample.gateway),
      wanted: [],
      knowledge: tell(),
    };
  };

  return {
    kept,
    tell,
    receive,
    /** Another life, with what was stored: another machine's clock has another name. */
    restart: (): void => {
      nameAt = live();
    },
  };
};
