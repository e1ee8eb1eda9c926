/** For programs that would set the clock: they are started without the right to it, and nothing gives it back. */
import type { startChild } from './child.ts';

type Start = typeof startChild;

export const startWithoutClock =
  (start: Start): Start =>
  (command, args = [], options = {}) =>
    start('setpriv', ['--bounding-set=-sys_time', '--inh-caps=-sys_time', command, ...args], options);
