import type { Change, Clock } from '../clock.ts';
import { refusalText } from './refusals.ts';

/** `text`: the word of the refusal, and what it means. */
export type Loss = { readonly reason: string; readonly text: string };

/**
 * Tells why no time comes, once, and when it comes again.
 *
 * @param tell - gets undefined when it does. @returns a function that ends it.
 */
export const watchLosses = (clock: Clock, tell: (loss: Loss | undefined) => void): (() => void) => {
  let told: string | undefined;
  return clock.onChange((change) => {
    if (change.kind === 'jumped') return; // an answer follows, or a refusal
    const loss = lossOf(change, clock);
    if (loss?.reason === told) return;
    told = loss?.reason;
    tell(loss);
  });
};

const UNSYNCHRONIZED: Loss = { reason: 'unsynchronized', text: 'unsynchronized: the edge’s time comes from no source' };

const lossOf = (change: Exclude<Change, { kind: 'jumped' }>, { isSynchronized }: Clock): Loss | undefined => {
  if (change.kind === 'refused') return { reason: change.reason, text: refusalText(change) };
  return isSynchronized ? undefined : UNSYNCHRONIZED;
};
