/** What the gateway signs for an edge: samples, and delegations in both of their forms. */
import { type Delegation, signDelegation } from '#contract/delegation.ts';
import { certifyDelegation, type OwnServer } from '#contract/edge-certificates.ts';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { signSample } from '#contract/signed-sample.ts';
import { base64url, sha256 } from '#contract/web-platform.ts';
import type { Config } from '../config.ts';
import type { Ports } from '../ports.ts';
import type { GatewayKey } from './keys.ts';

/** The gateway's own Roughtime server, if others are to be told of it. */
export const ownRoughtimeServer = async (
  { server }: Pick<Config, 'server'>,
  longTerm: () => Promise<RoughtimeKey>,
): Promise<OwnServer | undefined> => {
  const { publicAddresses = [] } = server.roughtime ?? {};
  if (publicAddresses.length === 0) return undefined;
  const { publicKey } = await longTerm();
  return { longTermKey: base64url(publicKey), addresses: [...publicAddresses] };
};

/** @param keyNow - it may be rotated while we run; what goes into one sample is by one. @param ownServer - as it is at each time. */
export const signWith =
  (keyNow: () => GatewayKey, ownServer: () => OwnServer | undefined): Ports['sign'] =>
  async (sample, delegations) => {
    const key = keyNow();
    const words = delegations.length > 0 ? await delegate(delegations, key, ownServer()) : {};
    const jws = await signSample({ ...sample, ...words }, key);
    return { jws, sha256: await sha256(jws) };
  };

const delegate = async (delegations: readonly Delegation[], key: GatewayKey, own: OwnServer | undefined) => ({
  delegations: await Promise.all(delegations.map((one) => signDelegation(one, key))),
  roughtime: await Promise.all(delegations.map((one) => certifyDelegation(one, key.roughtimeFor(one.aud), own))),
});
