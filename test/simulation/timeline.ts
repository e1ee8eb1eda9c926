/** Virtual time, and what is to happen in it. Several hosts may share one. */
import type { UnixNanos } from '#contract/time.ts';

type Entry = { readonly at: UnixNanos; readonly order: number; fire: (() => void) | undefined };

export type Timeline = ReturnType<typeof makeTimeline>;

/** @param isBusy - whether something waits for the real world, as cryptography does: virtual time then stands still. */
export const makeTimeline = (start: UnixNanos, isBusy: () => boolean = () => false) => {
  /** A binary heap: no entry comes before its parent. One that was called off stays until its time comes. */
  const heap: Entry[] = [];
  let now = start;
  let entries = 0;
  let isStirred = true;

  const push = (entry: Entry): void => {
    let i = heap.length;
    for (; i > 0; i = (i - 1) >> 1) {
      const parent = heap[(i - 1) >> 1]!;
      if (!isBefore(entry, parent)) break;
      heap[i] = parent;
    }
    heap[i] = entry;
  };
  const pop = (): void => {
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  };

  const at = (time: UnixNanos, fire: () => void): (() => void) => {
    const entry: Entry = { at: time < now ? now : time, order: entries++, fire };
    push(entry);
    return () => {
      entry.fire = undefined;
    };
  };

  return {
    now: () => now,
    /** Fires once, in the order of time, then of asking; at once where `time` is past. Returns what calls it off. */
    at,
    /** Says that promises are ready to run: time then stands still until they have. */
    stir: (): void => {
      isStirred = true;
    },
    /** Lets time pass to `until`, with all that is to happen at `until` itself. */
    advance: async (until: UnixNanos): Promise<void> => {
      isStirred = true; // by whoever called
      for (;;) {
        if (isStirred) await settle(isBusy);
        isStirred = false;
        const next = heap[0];
        if (!next || next.at > until) break;
        pop();
        if (!next.fire) continue;
        now = next.at;
        next.fire();
      }
      now = until > now ? until : now;
    },
  };
};

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Lets promises that are ready run, and all that these make ready: Node comes to `nextTick` when there are no more. */
const settle = async (isBusy: () => boolean): Promise<void> => {
  await new Promise((resolve) => process.nextTick(resolve));
  while (isBusy()) await new Promise((resolve) => setImmediate(resolve));
};
