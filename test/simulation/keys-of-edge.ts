/** The keys of a simulated edge: the real rules over keys that are numbers, delegated by words that nobody has to sign. */
import type { Delegation } from '#contract/delegation.ts';
import { encodeText } from '#contract/fields.ts';
import type { Interval } from '#contract/interval.ts';
import type { Verified } from '#contract/jws.ts';
import { ok } from '#contract/result.ts';
import { unixNanos } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { type EdgeKeys, needsNewKey, vouch, wantedOf, withNewKey } from '../../worker/edge-keys.ts';

/** As a gateway would put it into its sample. */
export const writeDelegation = (delegation: Delegation): string => encodeText(delegation);

const readDelegation = (jws: string) => {
  const json = JSON.parse(jws) as Delegation & { validFromUnixNs: string; validUntilUnixNs: string };
  const [validFromUnixNs, validUntilUnixNs] = [json.validFromUnixNs, json.validUntilUnixNs].map((ns) =>
    unixNanos(BigInt(ns)),
  );
  return ok({ jws, delegation: { ...json, validFromUnixNs, validUntilUnixNs } as Verified<Delegation> });
};

export const makeKeysOfEdge = () => {
  let keys: EdgeKeys = [];
  let made = 0;
  const refusals: string[] = [];

  return {
    keys: () => keys,
    refusals,
    made: () => made,
    /** @returns what is wanted of the gateway whose sample was kept. */
    vouch: (
      { gateway, delegations = [] }: TimeSample,
      origin: string,
      nowUnixMs: number,
      proven: Interval | undefined,
    ): readonly string[] => {
      if (!proven) return [];
      const vouching = { gateway, gatewayKey: gateway, origin, proven, offered: delegations.map(readDelegation) };
      const vouched = vouch(keys, vouching);
      refusals.push(...vouched.refusals);
      keys = vouched.keys;
      if (needsNewKey(keys, nowUnixMs)) {
        // 43 letters of which the last says four bits: 32 bytes.
        const x = `${++made}`.padStart(42, 'k').concat('A');
        keys = withNewKey(keys, { id: x, x, madeUnixMs: nowUnixMs, delegations: [] });
      }
      return wantedOf(keys, vouching);
    },
  };
};
