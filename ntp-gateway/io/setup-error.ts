/** What keeps the gateway from starting and the operator can mend. `main` prints it and exits 2. */
import { getSystemErrorMessage } from 'node:util';

/** Its message is one clear line (or one for each fault of a file), without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/**
 * Does something with the file system or the network.
 *
 * @param what - as it goes on after "cannot", such as "read FILE".
 * @throws SetupError in place of the system's own error.
 */
export const attempt = <T>(what: string, act: () => T): T => {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error;
    throw new SetupError(`cannot ${what}: ${getSystemErrorMessage(error.errno)}`, { cause: error });
  }
};
