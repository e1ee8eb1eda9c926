/** `noonmark at`: runs a command when a moment has certainly come. */
import { type AskOptions, askEdge } from './ask.ts';
import { programFault } from './at/find-program.ts';
import type { Moment } from './at/moment.ts';
import { runProgram } from './at/run-program.ts';
import { type AtWorld, NOT_STARTED, startAt } from './at/start-at.ts';
import { durationText } from './instant.ts';
import { exitOf, refusalText } from './refusals.ts';
import { asking, complain, printable, showProgress } from './terminal.ts';

export const at = async (
  url: URL,
  moment: Moment,
  command: readonly [string, ...string[]],
  options: AskOptions & { readonly json?: true },
): Promise<void> => {
  // To standard error: the other is the command's.
  const say: AtWorld['say'] = (saying, inWords) =>
    options.json ? console.error(JSON.stringify(saying)) : complain(inWords);
  const fault = programFault(command[0]); // who mistyped it hears so now, and not at night
  if (fault !== undefined) {
    say({ event: 'not-started' }, `${printable(command[0])}: ${NOT_STARTED}`);
    process.exitCode = fault;
    return;
  }
  const asked = await showProgress(asking(url.origin), askEdge(url, options));
  if (!asked.ok) {
    const { reason, detail } = asked;
    say({ event: 'refused', reason, ...(detail !== undefined && { detail }) }, `${url.origin}: ${refusalText(asked)}`);
    process.exitCode = exitOf(asked);
    return;
  }
  process.exitCode = await startAt(moment, {
    edge: asked.value,
    run: () => runProgram(command),
    say,
    show: (left, work) =>
      options.json ? work : showProgress(() => `${durationText(Math.max(left(), 0))} to go`, work),
    random: Math.random,
  });
};
