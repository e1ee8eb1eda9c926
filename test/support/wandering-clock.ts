/** Ahead of true time by so many ms, as true time has gone on by `ms`. */
export type ClockError = (ms: number) => number;

/**
 * A clock that stays within `reachMs` of `aheadMs`, and goes to and fro as fast as `drift` lets it: the worst that the
 * assumptions allow. A triangle wave that begins at `phase` of its period: 0 is the slow end, 0.5 the fast one.
 */
export const wanderingClock = (aheadMs: number, reachMs: number, drift: number, phase: number): ClockError => {
  const turnsPerMs = reachMs === 0 ? 0 : drift / (4 * reachMs);
  return (ms) => {
    const turn = (ms * turnsPerMs + phase) % 1;
    return aheadMs + reachMs * (turn < 0.5 ? 4 * turn - 1 : 3 - 4 * turn);
  };
};
