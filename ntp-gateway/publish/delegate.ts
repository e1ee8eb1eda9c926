/** The keys that an edge wants delegated → our word for each. */
import { type Delegation, LONGEST_DELEGATION } from '#contract/delegation.ts';
import { after, nanos, seconds } from '#contract/time.ts';
import type { Clock } from '../discipline/clock.ts';
import type { ClockReading } from '../protocol/server-state.ts';

/** An edge knows the time less well than we do: what it says of this moment begins earlier than what we say. */
const LEAD = seconds(600);

/** @returns none while our time is that of this host alone, for which nobody vouches to us either. */
export const delegate = (
  gateway: string,
  aud: string,
  { synchronized }: Clock,
  { earliest }: ClockReading,
  edgeKeys: readonly string[],
): readonly Delegation[] => {
  const validFromUnixNs = after(earliest, nanos(-LEAD));
  const validUntilUnixNs = after(validFromUnixNs, LONGEST_DELEGATION);
  if (!synchronized) return [];
  return edgeKeys.map((edgeKey) => ({ version: 1, gateway, edgeKey, aud, validFromUnixNs, validUntilUnixNs }));
};
