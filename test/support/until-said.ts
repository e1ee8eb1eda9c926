/** What a program says of itself, awaited. */
import type { Child } from './child.ts';
import { waitFor } from './wait-for.ts';

/**
 * @returns the first match in all that it has said, errors and all.
 * @throws where there is none `withinMs`, with what it said instead.
 */
export const untilSaid = async (child: Child, pattern: RegExp, withinMs?: number): Promise<RegExpExecArray> => {
  const said = () => child.said.stdout + child.said.stderr;
  return waitFor(`${pattern}`, () => pattern.exec(said()) ?? undefined, withinMs).catch((error: Error) => {
    throw new Error(`${error.message}\n${said()}`);
  });
};
