/** What keeps a state that flaps from filling a disk. */
import type { Change } from '../change.ts';

/** So many lines about one state in a minute; then one more when that is over, with how it stands now. */
export const MOST_PER_MINUTE = 6;
const MINUTE_MS = 60_000;

export type Calm = {
  readonly say: (change: Change) => void;
  /** Says what is held back, at once. */
  readonly flush: () => void;
};

/** @param later - calls `fire` after so many ms. A state is an event of one source, edge or file. */
export const calmDown = (say: (change: Change) => void, later: (fire: () => void, ms: number) => void): Calm => {
  const minutes = new Map<string, { lines: number; held: number; last: Change }>();
  const close = (state: string): void => {
    const minute = minutes.get(state);
    minutes.delete(state);
    if (!minute || minute.held === 0) return;
    const { held, last } = minute;
    say(held === 1 ? last : { ...last, changes: held, msg: `${last.msg} (changed ${held} times within a minute)` });
  };
  return {
    say: (change) => {
      const { event, source, edge, file } = change;
      const state = [event, source ?? edge ?? file ?? ''].join(' ');
      const minute = minutes.get(state) ?? { lines: 0, held: 0, last: change };
      if (minute.lines === 0) {
        minutes.set(state, minute);
        later(() => close(state), MINUTE_MS);
      }
      minute.last = change;
      if (minute.lines < MOST_PER_MINUTE) {
        minute.lines++;
        say(change);
      } else minute.held++;
    },
    flush: () => {
      for (const state of [...minutes.keys()]) close(state);
    },
  };
};
