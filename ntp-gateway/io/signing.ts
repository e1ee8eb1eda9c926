/** What the gateway signs for an edge: samples, and delegations in both of their forms. */
import { type Delegation, signDelegation } from '#contract/delegation.ts';
import { certifyDelegation } from '#contract/edge-certificates.ts';
import { signSample } from '#contract/signed-sample.ts';
import { sha256 } from '#contract/web-platform.ts';
import type { Ports } from '../ports.ts';
import type { GatewayKey } from './keys.ts';

export const signWith =
  (key: GatewayKey): Ports['sign'] =>
  async (sample, delegations) => {
    const words = delegations.length > 0 ? await delegate(delegations, key) : {};
    const jws = await signSample({ ...sample, ...words }, key);
    return { jws, sha256: await sha256(jws) };
  };

const delegate = async (delegations: readonly Delegation[], key: GatewayKey) => ({
  delegations: await Promise.all(delegations.map((one) => signDelegation(one, key))),
  roughtime: await Promise.all(delegations.map((one) => certifyDelegation(one, key.roughtimeFor(one.aud)))),
});
