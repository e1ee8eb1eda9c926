/** The day's course: true time, clocks that differ from it, and work that takes some of it. */
import { after, between, milliseconds, type UnixNanos } from '#contract/time.ts';
import type { ClockError } from '../../support/wandering-clock.ts';
import { makeTimeline } from '../timeline.ts';

export const makeCourse = (start: UnixNanos) => {
  // Work waits for virtual time or for other work, one wait at a time, or for the real world.
  let [working, waiting] = [0, 0];
  const timeline = makeTimeline(start, () => working > waiting);
  const startMs = Number(start / 1_000_000n); // a whole number of them
  const passedMs = (): number => between(start, timeline.now()) / 1e6;
  const later = (ms: number): UnixNanos => after(timeline.now(), milliseconds(ms));
  return {
    timeline,
    now: timeline.now,
    passedMs,
    later,
    /** `Date.now()` of a machine: whole ms. It stands still while an event is dealt with, as all of virtual time does. */
    read: (error: ClockError, lateMs = 0): number => {
      const ms = passedMs();
      return startMs + Math.floor(ms - lateMs + error(ms));
    },
    after: (ms: number, fire: () => void): void => void timeline.at(later(ms), fire),
    /** All that waits is work, of which there may be several at a time. */
    work: async <Done>(done: Promise<Done>): Promise<Done> => {
      working++;
      try {
        return await done;
      } finally {
        working--;
      }
    },
    /** For other work. */
    waitFor: async <Done>(done: Promise<Done>): Promise<Done> => {
      waiting++;
      try {
        return await done;
      } finally {
        waiting--;
      }
    },
    wait: (ms: number): Promise<void> => {
      waiting++;
      return new Promise((resolve) => {
        timeline.at(later(ms), () => {
          timeline.stir();
          waiting--;
          resolve();
        });
      });
    },
  };
};
export type Course = ReturnType<typeof makeCourse>;
