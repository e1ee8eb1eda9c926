/** The edge's own keys, without their private halves: when a new one is made, who vouches for which, and which one signs. */
import { covers, type Delegation, validityOf } from '#contract/delegation.ts';
import type { CertificateRefusal, EdgeCertificates } from '#contract/edge-certificates.ts';
import type { OpenRefusal } from '#contract/gateway-keys.ts';
import { type Interval, intersect } from '#contract/interval.ts';
import type { Verified } from '#contract/jws.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { between, seconds } from '#contract/time.ts';

export type KeptDelegation = Delegation & {
  /** As it came. */
  readonly jws: string;
  /** The `x` of the gateway's key that it was opened by. */
  readonly gatewayKey: string;
  /** The same in the form of Roughtime, opened once; older gateways send none. */
  readonly roughtime?: EdgeCertificates;
};

export type EdgeKey = {
  /** RFC 7638 thumbprint. */
  readonly id: string;
  /** Public half, as in a JWK. */
  readonly x: string;
  /** By the object's clock. */
  readonly madeUnixMs: number;
  /** One of each gateway at most, its last. */
  readonly delegations: readonly KeptDelegation[];
};
/** The newest first. */
export type EdgeKeys = readonly EdgeKey[];

export type OpenedDelegation = {
  readonly jws: string;
  readonly delegation: Verified<Delegation>;
  /** What came beside it. Where that is refused, the delegation is none the worse. */
  readonly roughtime?: Result<EdgeCertificates, CertificateRefusal>;
};
export type DelegationRefusal = OpenRefusal | CertificateRefusal | 'wrong-audience';

/** A sample that was kept, as far as it concerns keys. */
export type Vouching = {
  readonly gateway: string;
  readonly gatewayKey: string;
  readonly origin: string;
  /** True time, as the edge has proven it. */
  readonly proven: Interval;
  readonly offered: readonly Result<OpenedDelegation, DelegationRefusal>[];
};

const DAY_MS = 86_400_000;
/** A delegation with less than this to go is asked for anew, so that it outlasts an outage, and a successor's first hours. */
const LEAST_LEFT = seconds(16 * 3_600);
/** One that signs, its successor, and one whose delegations have yet to end; only a clock that jumps makes more. */
const MOST_KEYS = 4;

/** Not before the newest was vouched for: that one is still as good as new. A clock that was set back a day counts as a day. */
export const needsNewKey = ([newest]: EdgeKeys, nowUnixMs: number): boolean =>
  newest === undefined || (newest.delegations.length > 0 && Math.abs(nowUnixMs - newest.madeUnixMs) >= DAY_MS);

export const withNewKey = (keys: EdgeKeys, key: EdgeKey): EdgeKeys => [key, ...keys].slice(0, MOST_KEYS);

/** @param vouches - whether this is a key of that gateway: none that was withdrawn or revoked vouches for anything. */
export const onlyTrusted = (keys: EdgeKeys, vouches: (gateway: string, gatewayKey: string) => boolean): EdgeKeys =>
  keys.map((key) => ({
    ...key,
    delegations: key.delegations.filter(({ gateway, gatewayKey }) => vouches(gateway, gatewayKey)),
  }));

/** Which key signs what lies in `interval` for `origin`, and with whose word. */
export type Signer = { readonly key: EdgeKey; readonly delegations: readonly KeptDelegation[] };

/**
 * The key that most gateways vouch for; of two, the newer. So a new one signs as soon as its callers find no gateway
 * missing that vouched for the old one, and at the latest when that one's delegation has ended.
 */
export const signerFor = (keys: EdgeKeys, origin: string, interval: Interval): Signer | undefined => {
  const signers = keys.map((key): Signer => ({ key, delegations: standing(key, origin, interval) }));
  return signers.reduce<Signer | undefined>(
    (best, next) => (next.delegations.length > (best?.delegations.length ?? 0) ? next : best),
    undefined,
  );
};

const standing = ({ delegations }: EdgeKey, origin: string, interval: Interval): readonly KeptDelegation[] =>
  delegations.filter((delegation) => delegation.aud === origin && covers(delegation, interval));

/**
 * Takes what a gateway has delegated, and lets go of what has ended.
 *
 * @returns the keys, and what each refused delegation, and each one's other form, was refused for.
 */
export const vouch = (
  keys: EdgeKeys,
  { gateway, gatewayKey, origin, proven, offered }: Vouching,
): { readonly keys: EdgeKeys; readonly refusals: readonly DelegationRefusal[] } => {
  const judged = offered.map((one) => (one.ok ? judge(keys, one.value, gateway, origin, proven) : one));
  const taken = judged.flatMap((one) => (one.ok ? [keptOf(one.value, gatewayKey)] : []));
  const renewed = keys.map((key): EdgeKey => {
    const fresh = taken.findLast(({ edgeKey }) => edgeKey === key.x);
    const others = fresh ? key.delegations.filter((one) => one.gateway !== gateway) : key.delegations;
    const lasting = others.filter((one) => intersect(validityOf(one), proven));
    return { ...key, delegations: fresh ? [...lasting, fresh] : lasting };
  });
  return {
    keys: renewed.filter(({ delegations }, index) => index === 0 || delegations.length > 0),
    refusals: judged
      .map((one) => (one.ok ? one.value.roughtime : one))
      .flatMap((one) => (one === undefined || one.ok ? [] : [one.reason])),
  };
};

const keptOf = ({ jws, delegation, roughtime }: OpenedDelegation, gatewayKey: string): KeptDelegation => ({
  ...delegation,
  jws,
  gatewayKey,
  ...(roughtime?.ok && { roughtime: roughtime.value }),
});

const judge = (
  keys: EdgeKeys,
  opened: OpenedDelegation,
  gateway: string,
  origin: string,
  proven: Interval,
): Result<OpenedDelegation, DelegationRefusal> => {
  const { delegation } = opened;
  if (delegation.gateway !== gateway) return refuse('unknown-key');
  if (!keys.some(({ x }) => x === delegation.edgeKey)) return refuse('unknown-edge-key');
  if (delegation.aud !== origin) return refuse('wrong-audience');
  return covers(delegation, proven) ? ok(opened) : refuse('outside-delegation');
};

/**
 * The public keys that this gateway is asked to vouch for: the newest, unless it does so for long enough, by the key that it
 * has now. Callers may have pinned that one alone.
 *
 * Never one that has a successor: a gateway that withholds its word from that one would otherwise keep the old key, which
 * may be stolen, signing for ever, and with the others' words.
 */
export const wantedOf = (
  keys: EdgeKeys,
  { gateway, gatewayKey, origin, proven }: Omit<Vouching, 'offered'>,
): readonly string[] => {
  const lasts = (delegation: KeptDelegation): boolean =>
    delegation.gateway === gateway &&
    delegation.gatewayKey === gatewayKey &&
    between(proven.latest, delegation.validUntilUnixNs) >= LEAST_LEFT;
  return keys
    .slice(0, 1)
    .filter((newest) => !standing(newest, origin, proven).some(lasts))
    .map(({ x }) => x);
};
