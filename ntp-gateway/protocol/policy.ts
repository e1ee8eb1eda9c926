/** Whom we answer, and how often: what [server] says, in the shape in which the answering threads ask it. */
import type { ServerConfig } from '../config.ts';
import { findLongest, type PrefixTree, plantTree } from './prefix-tree.ts';
import type { RateLimit } from './rate-limit.ts';

/** Plain data: it is sent to the answering threads. */
export type Policy = {
  readonly access: PrefixTree;
  /** Whether those are answered whom neither `allow` nor `deny` names. */
  readonly allowsOthers: boolean;
  /** Absent: as often as they ask. */
  readonly limit?: RateLimit;
  readonly exempt: PrefixTree;
  /** log2 s: the least poll interval that replies name. RFC 5905 §7.2 MINPOLL, or what the limit leaves. */
  readonly minPoll: number;
};

const ALLOW = 1;
const DENY = 2;
const EXEMPT = 1;
const MIN_POLL = 4;

export const policyOf = ({ allow, deny, rateLimit }: Pick<ServerConfig, 'allow' | 'deny' | 'rateLimit'>): Policy => {
  const limit = rateLimit && { intervalMs: rateLimit.interval / 1e6, burst: rateLimit.burst };
  return {
    access: plantTree([
      ...allow.map((prefix) => ({ prefix, value: ALLOW })),
      ...deny.map((prefix) => ({ prefix, value: DENY })),
    ]),
    allowsOthers: allow.length === 0,
    ...(limit && { limit }),
    exempt: plantTree((rateLimit?.exempt ?? []).map((prefix) => ({ prefix, value: EXEMPT }))),
    minPoll: limit ? Math.max(MIN_POLL, Math.ceil(Math.log2(limit.intervalMs / 1e3))) : MIN_POLL,
  };
};

/** @param client - as `findLongest` takes it. */
export const isAllowed = ({ access, allowsOthers }: Policy, client: Int32Array): boolean => {
  const found = findLongest(access, client);
  return found === 0 ? allowsOthers : found === ALLOW;
};

/** Its address stands for many hosts: no limit holds. */
export const isExempt = ({ exempt }: Policy, client: Int32Array): boolean => findLongest(exempt, client) === EXEMPT;
