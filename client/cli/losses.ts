import type { Change, Clock } from '../clock.ts';

/**
 * Tells why no time comes, once, and when it comes again.
 *
 * @param tell - gets the word of the refusal, or undefined. @returns a function that ends it.
 */
export const watchLosses = (clock: Clock, tell: (reason: string | undefined) => void): (() => void) => {
  let told: string | undefined;
  return clock.onChange((change) => {
    if (change.kind === 'jumped') return; // an answer follows, or a refusal
    const reason = reasonOf(change, clock);
    if (reason === told) return;
    told = reason;
    tell(reason);
  });
};

const reasonOf = (change: Change, { isSynchronized }: Clock): string | undefined => {
  if (change.kind === 'refused') return change.reason;
  return isSynchronized ? undefined : 'unsynchronized';
};
